#include "install_record.hpp"

#include "base/sha256.hpp"
#include "base/strings.hpp"
#include "json/dom.hpp"
#include "json/scanner.hpp"
#include "user_paths.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace sallyport::cli {
namespace {

namespace fs = std::filesystem;
using simdjson::dom::element;

constexpr std::size_t max_record = std::size_t{4} << 20;

std::string text_at(element object, std::string_view key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

InstallStep read_step(element object) {
  InstallStep step{.backup = text_at(object, "backup"),
                   .before = text_at(object, "before"),
                   .after = text_at(object, "after"),
                   .config = text_at(object, "config"),
                   .config_backup = text_at(object, "configBackup"),
                   .config_before = text_at(object, "configBefore"),
                   .config_after = text_at(object, "configAfter"),
                   .secrets = {}};
  simdjson::dom::array secrets;
  if (object["secrets"].get(secrets) != simdjson::SUCCESS) return step;
  for (const element secret : secrets) {
    std::string_view text;
    if (secret.get(text) == simdjson::SUCCESS) step.secrets.emplace_back(text);
  }
  return step;
}

std::string write_step(const InstallStep& step) {
  std::string secrets;
  for (const fs::path& secret : step.secrets) {
    secrets += (secrets.empty() ? "" : ",") + json::quote(secret.string());
  }
  return fmt::format(
      R"({{"backup":{},"before":{},"after":{},"config":{},"configBackup":{},"configBefore":{},"configAfter":{},"secrets":[{}]}})",
      json::quote(step.backup.string()), json::quote(step.before), json::quote(step.after),
      json::quote(step.config.string()), json::quote(step.config_backup.string()),
      json::quote(step.config_before), json::quote(step.config_after), secrets);
}

}  // namespace

std::string fingerprint(std::string_view bytes) {
  const auto digest = sha256(bytes);
  return hex(digest);
}

std::expected<fs::path, Complaint> install_directory() {
  fs::path directory = state_directory() / "install";
  if (auto made = make_directory(directory, 0700); !made) return std::unexpected(made.error());
  return directory;
}

std::expected<InstallRecord, Complaint> InstallRecord::read(const fs::path& agent_file) {
  InstallRecord record;
  record.agent_file_ = agent_file;
  record.file_ = state_directory() / "install" / (fingerprint(agent_file.string()).substr(0, 16) + ".json");
  const auto text = read_file(record.file_, max_record);
  if (!text) return std::unexpected(text.error());
  if (!*text) return record;
  const auto dom = json::scan((*text)->bytes) ? json::Dom::parse((*text)->bytes) : std::nullopt;
  simdjson::dom::array steps;
  if (!dom || dom->root()["steps"].get(steps) != simdjson::SUCCESS) {
    return std::unexpected(
        fmt::format("{} is not what install wrote: move it away to go on without the undo "
                    "of earlier installations",
                    record.file_.string()));
  }
  for (const element step : steps) record.steps.push_back(read_step(step));
  return record;
}

std::expected<void, Complaint> InstallRecord::write() const {
  if (steps.empty()) {
    ::unlink(file_.c_str());
    return {};
  }
  std::string text = fmt::format(R"({{"version":1,"file":{},"steps":[)", json::quote(agent_file_.string()));
  for (const InstallStep& step : steps) text += (&step == &steps.front() ? "\n" : ",\n") + write_step(step);
  return write_file({file_, text + "\n]}\n", 0600, ::geteuid(), ::getegid()});
}

fs::path InstallRecord::config_backup() const {
  return file_.parent_path() / fmt::format("{}.{}.yaml", file_.stem().string(), steps.size() + 1);
}

}  // namespace sallyport::cli
