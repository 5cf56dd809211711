// `sallyport audit`: the trail of what was called, and whether it is whole.
#include "audit_query.hpp"
#include "base/strings.hpp"
#include "base/unique_fd.hpp"
#include "commands.hpp"
#include "config_flags.hpp"
#include "json/scanner.hpp"
#include "output.hpp"
#include "run.hpp"
#include "telemetry/audit_chain.hpp"
#include "telemetry/audit_record.hpp"

#include <cstring>
#include <deque>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport::cli {
namespace {

namespace audit = telemetry::audit;

struct AuditOptions {
  ConfigFlags config;
  std::vector<std::string> files;
  AuditQuery query;
  std::string since;
  std::string until;
  std::string head;
  std::size_t last = 20;
  bool follow = false;
  bool json = false;
};

// The files that are named, or the one of the configuration; empty: the exit code is 2.
std::vector<std::string> files_of(const AuditOptions& options) {
  if (!options.files.empty()) return options.files;
  auto loaded = load_or_complain(request_for(options.config));
  if (!loaded) return {};
  if (loaded->config->audit.file.empty()) {
    complain("this configuration has no audit record: write `audit: {file: …}`, or name a file");
    return {};
  }
  return {loaded->config->audit.file};
}

int cannot_read(const std::string& file, int why) {
  complain(fmt::format("{} cannot be read: {}", file, std::strerror(why)));
  return exit_failed;
}

void show(std::string_view line, bool json) {
  json ? print_json(line) : print(audit_line_text(line, has_colours(STDOUT_FILENO)));
}

// Follows a file through its rotation until Ctrl-C: what is appended is shown when its line is whole.
Task<int> follow(task::Loop& loop, std::string file, off_t from, bool json) {
  std::string held;
  ino_t inode = 0;
  for (;;) {
    const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat info{};
    if (fd.get() >= 0 && ::fstat(fd.get(), &info) == 0) {
      if (inode != 0 && (info.st_ino != inode || info.st_size < from)) {
        from = 0;
        held.clear();
      }
      inode = info.st_ino;
      std::string piece(64 * 1024, '\0');
      for (ssize_t count; (count = ::pread(fd.get(), piece.data(), piece.size(), from)) > 0; from += count) {
        held.append(piece, 0, static_cast<std::size_t>(count));
        for (std::size_t end; (end = held.find('\n')) != std::string::npos; held.erase(0, end + 1)) {
          show(std::string_view(held).substr(0, end), json);
        }
      }
    }
    const Result<void> waited =
        co_await task::Sleep(loop.timers(), loop.now() + std::chrono::milliseconds(250));
    if (!waited) co_return exit_done;
  }
}

int tail(const AuditOptions& options) {
  const auto files = files_of(options);
  if (files.empty()) return exit_wrong_input;
  const std::string& file = files.back();
  std::deque<std::string> last;
  off_t size = 0;
  const int failed = for_each_line(file, [&](std::string_view line, bool ended) {
    if (!ended) return true;
    size += static_cast<off_t>(line.size() + 1);
    last.emplace_back(line);
    if (last.size() > options.last) last.pop_front();
    return true;
  });
  if (failed != 0) return cannot_read(file, failed);
  for (const std::string& line : last) show(line, options.json);
  if (!options.follow) return exit_done;
  return run_to_end([&](task::Loop& loop) { return follow(loop, file, size, options.json); });
}

bool read_moment(const char* flag, const std::string& text, std::optional<SystemTime>& moment) {
  if (text.empty()) return true;
  moment = parse_moment(text, std::chrono::system_clock::now());
  if (moment) return true;
  complain(fmt::format("{}: `{}` is neither a date (2026-11-24T14:00:00Z) nor a duration (15m)", flag,
                       clip(text, 64)));
  return false;
}

int query(AuditOptions& options) {
  if (!read_moment("--since", options.since, options.query.since)) return exit_wrong_input;
  if (!read_moment("--until", options.until, options.query.until)) return exit_wrong_input;
  const auto files = files_of(options);
  if (files.empty()) return exit_wrong_input;
  for (const std::string& file : files) {
    const int failed = for_each_line(file, [&](std::string_view line, bool) {
      if (options.query.wants(line)) show(line, options.json);
      return true;
    });
    if (failed != 0) return cannot_read(file, failed);
  }
  return exit_done;
}

std::string verdict_json(const audit::Verifier& verifier) {
  std::string out =
      fmt::format(R"({{"sound":{},"records":{},"first":{},"last":{},"hash":"{}","torn":{},"ended":{})",
                  verifier.sound(), verifier.records(), verifier.first(), verifier.head().seq,
                  audit::hash_text(verifier.head().hash), verifier.torn(), verifier.ended());
  if (!verifier.sound()) {
    const audit::Verifier::Finding& finding = verifier.finding();
    out += fmt::format(R"(,"fault":"{}","file":{},"line":{},"seq":{},"what":{})", audit::name(finding.fault),
                       json::quote(finding.file), finding.line, finding.seq, json::quote(finding.what));
  }
  return out + "}";
}

std::string verdict_text(const audit::Verifier& verifier) {
  const bool colours = has_colours(STDOUT_FILENO);
  if (!verifier.sound()) {
    const audit::Verifier::Finding& finding = verifier.finding();
    return fmt::format(
        "{}:{}: {}: {}\nWhat stands before it is sound: {} records, the last is {} with hash {}.\n",
        printable(finding.file), finding.line, paint(Style::red, audit::name(finding.fault), colours),
        finding.what, verifier.records(), verifier.head().seq, audit::hash_text(verifier.head().hash));
  }
  std::string out = fmt::format("{}: {} records, {} to {}, the last with hash {}\n",
                                paint(Style::green, "sound", colours), verifier.records(), verifier.first(),
                                verifier.head().seq, audit::hash_text(verifier.head().hash));
  if (verifier.first() > 1)
    out += fmt::format("It goes on from record {}, which is in an earlier file.\n", verifier.first() - 1);
  if (verifier.torn() > 0)
    out += fmt::format("A crash or a full disk cut {} line(s); the chain tells of each.\n", verifier.torn());
  if (!verifier.ended() && verifier.records() > 0)
    out +=
        "There is no record of an end: the gateway runs, it was killed, or records at the end were removed\n"
        "(--head HASH, from the gateway's log, tells).\n";
  return out;
}

int verify(const AuditOptions& options) {
  std::optional<audit::Hash> expected;
  if (!options.head.empty() && !(expected = audit::parse_hash(options.head))) {
    complain("--head: a hash has 64 characters of 0-9 and a-f");
    return exit_wrong_input;
  }
  const auto files = files_of(options);
  if (files.empty()) return exit_wrong_input;
  audit::Verifier verifier;
  for (const std::string& file : files) {
    verifier.begin_file(file);
    const int failed = for_each_line(file, [&](std::string_view line, bool ended) {
      verifier.add(line, ended);
      return true;
    });
    if (failed != 0) return cannot_read(file, failed);
  }
  verifier.finish(expected);
  options.json ? print_json(verdict_json(verifier)) : print(verdict_text(verifier));
  return verifier.sound() ? exit_done : exit_failed;
}

void add_files(CLI::App& command, AuditOptions& options) {
  command.add_option("FILE", options.files, "Audit files, the oldest first (default: as configured)")
      ->type_name("");
  add_config_flags(command, options.config);
  command.add_flag("--json", options.json, "Prints JSON");
}

void add_filters(CLI::App& command, AuditOptions& options) {
  command.add_option("--since", options.since, "From this date, or this long ago")->type_name("TIME");
  command.add_option("--until", options.until, "Up to this date, or this long ago")->type_name("TIME");
  command.add_option("--principal", options.query.principal, "Who called")->type_name("NAME");
  command.add_option("--server", options.query.server, "The server that was called")->type_name("NAME");
  command.add_option("--tool", options.query.tool, "The tool, as the server names it, or server/tool")
      ->type_name("NAME");
  command.add_option("--code", options.query.code, "`ok` or the code of a failure")->type_name("CODE");
  command.add_option("--correlation", options.query.correlation, "The `ref` of an error, or its beginning")
      ->type_name("ID");
}

}  // namespace

void add_audit(CLI::App& app, Action& action) {
  const auto options = std::make_shared<AuditOptions>();
  CLI::App* command = add_command(app, "audit", "The trail of what was called, and whether it is whole",
                                  "sallyport audit tail -f\nsallyport audit verify");
  CLI::App* tail_command =
      add_command(*command, "tail", "The last records, and those that come", "sallyport audit tail -n 50 -f");
  CLI::App* query_command =
      add_command(*command, "query", "The records that fit",
                  "sallyport audit query --since 1h --tool files/read_text_file --code TOOL_004");
  CLI::App* verify_command = add_command(
      *command, "verify", "Checks the chain of hashes and names the first broken line",
      "sallyport audit verify\nsallyport audit verify audit.jsonl.2 audit.jsonl.1 audit.jsonl --head HASH");
  for (CLI::App* each : {tail_command, query_command, verify_command}) add_files(*each, *options);
  tail_command->add_option("-n,--lines", options->last, "How many (default 20)")->type_name("COUNT");
  tail_command->add_flag("-f,--follow", options->follow, "Goes on until Ctrl-C, through rotations");
  add_filters(*query_command, *options);
  verify_command->add_option("--head", options->head, "The hash that the last record has to have")
      ->type_name("HASH");
  tail_command->callback([=, &action] { action = [=] { return tail(*options); }; });
  query_command->callback([=, &action] { action = [=] { return query(*options); }; });
  verify_command->callback([=, &action] { action = [=] { return verify(*options); }; });
}

}  // namespace sallyport::cli
