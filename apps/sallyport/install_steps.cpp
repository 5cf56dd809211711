#include "install_steps.hpp"

#include "config/agent_file.hpp"
#include "config/document.hpp"

#include <cerrno>
#include <system_error>

#include <fmt/format.h>
#include <unistd.h>

namespace sallyport::cli {
namespace {

namespace fs = std::filesystem;

template <class T>
using Outcome = std::expected<T, Complaint>;

// A free name beside the file: a later installation does not overwrite the backup of an earlier one.
fs::path backup_name(const fs::path& file) {
  fs::path name = file.string() + ".before-sallyport";
  std::error_code ignored;
  for (int n = 2; fs::exists(fs::symlink_status(name, ignored)); ++n) {
    name = fmt::format("{}.before-sallyport-{}", file.string(), n);
  }
  return name;
}

FileText private_file(const fs::path& path, std::string bytes) {
  return {path, std::move(bytes), 0600, ::geteuid(), ::getegid()};
}

class Installation {
 public:
  Installation(const InstallRequest& request, const InstallPlan& plan, const InstallFiles& files,
               InstallRecord& record)
      : request_(request), plan_(plan), files_(files), record_(record) {
    step_.before = fingerprint(files.agent.bytes);
    step_.after = fingerprint(plan.agent_text);
    step_.config = request.config;
    step_.config_after = fingerprint(plan.config_text);
    if (files.config) step_.config_before = fingerprint(files.config->bytes);
  }

  // The agent's file comes last: until then it works as before.
  Outcome<fs::path> run() {
    using Step = Outcome<void> (Installation::*)();
    for (const Step step :
         {&Installation::secrets, &Installation::config, &Installation::backup, &Installation::agent}) {
      if (auto done = (this->*step)(); !done) return std::unexpected(done.error());
    }
    return step_.backup;
  }

 private:
  Outcome<void> secrets() {
    for (const SecretFile& secret : plan_.secrets) {
      if (auto made = make_directory(secret.path.parent_path(), 0700); !made) return made;
      std::error_code ignored;
      if (!fs::exists(secret.path, ignored)) step_.secrets.push_back(secret.path);
      if (auto written = write_file(private_file(secret.path, secret.bytes)); !written) return written;
    }
    return {};
  }

  Outcome<void> config() {
    if (!files_.config) {
      if (auto made = make_directory(request_.config.parent_path(), 0700); !made) return made;
      return write_file(private_file(request_.config, plan_.config_text));
    }
    if (files_.config->bytes == plan_.config_text) return {};
    step_.config_backup = record_.config_backup();
    FileText next = *files_.config;
    next.bytes = plan_.config_text;
    if (auto kept = write_file(private_file(step_.config_backup, files_.config->bytes)); !kept) return kept;
    return write_file(next, files_.config->bytes);
  }

  Outcome<void> backup() {
    step_.backup = backup_name(request_.place.file);
    FileText copy = files_.agent;
    copy.path = step_.backup;
    record_.steps.push_back(step_);
    if (auto written = write_file(copy); !written) return written;
    return record_.write();
  }

  Outcome<void> agent() {
    FileText next = files_.agent;
    next.bytes = plan_.agent_text;
    auto written = write_file(next, files_.agent.bytes);
    if (written) return written;
    record_.steps.pop_back();
    (void)record_.write();
    ::unlink(step_.backup.c_str());
    return std::unexpected(
        written.error() +
        ". Its servers are in the configuration already, but the agent does not use it yet: "
        "run the same command again");
  }

  const InstallRequest& request_;
  const InstallPlan& plan_;
  const InstallFiles& files_;
  InstallRecord& record_;
  InstallStep step_;
};

bool restorable_config(const InstallStep& step) {
  if (step.config_before == step.config_after) return false;
  const auto now = read_file(step.config, config::max_file_bytes);
  return now && *now && fingerprint((*now)->bytes) == step.config_after;
}

Outcome<void> restore_config(const InstallStep& step) {
  if (step.config_backup.empty()) {
    if (::unlink(step.config.c_str()) == 0 || errno == ENOENT) return {};
    return std::unexpected(
        fmt::format("cannot remove {}: {}", step.config.string(), std::generic_category().message(errno)));
  }
  const auto backup = read_file(step.config_backup, config::max_file_bytes);
  auto now = read_file(step.config, config::max_file_bytes);
  if (!backup || !*backup || !now || !*now) {
    return std::unexpected(fmt::format("{} is not there any more", step.config_backup.string()));
  }
  FileText next = **now;
  next.bytes = (*backup)->bytes;
  return write_file(next, (*now)->bytes);
}

}  // namespace

Outcome<fs::path> write_install(const InstallRequest& request, const InstallPlan& plan,
                                const InstallFiles& files) {
  auto record = InstallRecord::read(files.agent.path);
  if (!record) return std::unexpected(record.error());
  return Installation(request, plan, files, *record).run();
}

Outcome<UndoPlan> plan_undo(const fs::path& agent_file) {
  const auto now = read_file(agent_file, config::max_agent_file_bytes);
  if (!now) return std::unexpected(now.error());
  std::error_code ignored;
  auto record = InstallRecord::read(*now ? (*now)->path : fs::weakly_canonical(agent_file, ignored));
  if (!record) return std::unexpected(record.error());
  if (record->steps.empty()) {
    return std::unexpected(fmt::format(
        "no installation into {} is on record, so there is nothing to take back", agent_file.string()));
  }
  const InstallStep& step = record->steps.back();
  const std::string by_hand =
      fmt::format("To take the whole backup: cp {} {}", step.backup.string(), agent_file.string());
  if (!*now) return std::unexpected(fmt::format("{} is gone. {}", agent_file.string(), by_hand));
  const std::string print = fingerprint((*now)->bytes);
  if (print != step.after && print != step.before) {
    return std::unexpected(
        fmt::format("{0} was changed since sallyport was put there, and taking back would lose that change. "
                    "Look with: diff {1} "
                    "{0}\nTake out the entry `sallyport` and put the servers back by hand. {2}",
                    agent_file.string(), step.backup.string(), by_hand));
  }
  const auto backup = read_file(step.backup, config::max_agent_file_bytes);
  if (!backup) return std::unexpected(backup.error());
  if (!*backup || fingerprint((*backup)->bytes) != step.before) {
    return std::unexpected(fmt::format("the backup {} is {}: take out the entry `sallyport` in {} by hand",
                                       step.backup.string(), *backup ? "not what it was" : "not there",
                                       agent_file.string()));
  }
  UndoPlan plan{std::move(*record), **now, (*now)->bytes, false};
  plan.agent.bytes = (*backup)->bytes;
  plan.restores_config = restorable_config(plan.record.steps.back());
  return plan;
}

Outcome<std::vector<std::string>> write_undo(UndoPlan plan) {
  const InstallStep step = plan.record.steps.back();
  std::vector<std::string> left;
  if (auto written = write_file(plan.agent, plan.agent_now); !written)
    return std::unexpected(written.error());
  plan.record.steps.pop_back();
  if (plan.restores_config) {
    if (auto restored = restore_config(step); !restored) {
      plan.restores_config = false;
      left.push_back(restored.error());
    }
  } else if (step.config_before != step.config_after) {
    left.push_back(fmt::format("{} was changed since and stays as it is", step.config.string()));
  }
  if (plan.restores_config) {
    for (const fs::path& secret : step.secrets) ::unlink(secret.c_str());
    ::rmdir((step.config.parent_path() / "secrets").c_str());  // if nothing is left in it
  }
  if (auto written = plan.record.write(); !written) left.push_back(written.error());
  ::unlink(step.backup.c_str());
  if (!step.config_backup.empty() && plan.restores_config) ::unlink(step.config_backup.c_str());
  return left;
}

}  // namespace sallyport::cli
