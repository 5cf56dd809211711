// What `install` did to an agent's file, kept so that it can be taken back.
#pragma once

#include "file_swap.hpp"

#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::cli {

// One installation. Contents are told apart by their SHA-256.
struct InstallStep {
  std::filesystem::path backup;  // the agent's file as it was
  std::string before;
  std::string after;
  std::filesystem::path config;
  std::filesystem::path config_backup;  // empty: there was no configuration
  std::string config_before;            // empty likewise
  std::string config_after;             // equal to config_before: it was not changed
  std::vector<std::filesystem::path> secrets;
};

// The installations into one agent's file, the last at the end.
class InstallRecord {
 public:
  // In state_directory(); nothing is written yet.
  static std::expected<InstallRecord, Complaint> read(const std::filesystem::path& agent_file);

  std::vector<InstallStep> steps;

  std::expected<void, Complaint> write() const;  // without steps it goes away
  std::filesystem::path config_backup() const;   // a name for the next

 private:
  std::filesystem::path file_;
  std::filesystem::path agent_file_;
};

std::string fingerprint(std::string_view bytes);

// Where the lock of all installations is; makes its directory.
std::expected<std::filesystem::path, Complaint> install_directory();

}  // namespace sallyport::cli
