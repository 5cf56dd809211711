// The writing of an installation, and its taking back: files in an order that leaves the agent working
// wherever it stops.
#pragma once

#include "install_plan.hpp"
#include "install_record.hpp"

#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::cli {

struct InstallFiles {
  FileText agent;
  std::optional<FileText> config;  // nothing: there is none
};

// Returns where the backup is.
std::expected<std::filesystem::path, Complaint> write_install(const InstallRequest& request,
                                                              const InstallPlan& plan,
                                                              const InstallFiles& files);

// What the last installation of a file comes to when it is taken back.
struct UndoPlan {
  InstallRecord record;
  FileText agent;                // as it was
  std::string agent_now;         // the bytes that it replaces
  bool restores_config = false;  // else it was changed since, or not written then
};

// A complaint says why it cannot be taken back and what to do by hand.
std::expected<UndoPlan, Complaint> plan_undo(const std::filesystem::path& agent_file);

// Returns what was left, in sentences.
std::expected<std::vector<std::string>, Complaint> write_undo(UndoPlan plan);

}  // namespace sallyport::cli
