// `sallyport classify`: failures as JSON lines on stdin, what they are to us as JSON lines on stdout.
#include "base/patterns.hpp"
#include "base/strings.hpp"
#include "classify_json.hpp"
#include "commands.hpp"
#include "config_flags.hpp"
#include "output.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include <unistd.h>

namespace sallyport::cli {
namespace {

using classify::Line;
using classify::Operation;

// Answers line after line; what a configuration says of servers and recovery counts where there is one.
class Classifier {
 public:
  explicit Classifier(config::Config config) : config_(std::move(config)), policy_(config_.recovery) {}

  // False when nobody takes the answer.
  bool take(std::string_view text) {
    ++count_;
    if (is_blank(text)) return true;
    const auto line = classify::read_line(text);
    if (!line) return refuse(line.error());
    const config::Server* const server = find_server(line->server);
    std::vector<int> refuses_with;
    if (server != nullptr) refuses_with.assign(server->refuses_with.begin(), server->refuses_with.end());
    const auto finding = classify::classify_line(*line, system_clock().system_now(), refuses_with);
    if (!finding) return refuse(finding.error());
    if (!*finding) return print_json(R"({"class":null})") == exit_done;
    const recovery::Plan plan =
        recovery::plan(policy_, (*finding)->error, facts_of(*line, server), time_of(*line));
    return print_json(finding_json(**finding, plan)) == exit_done;
  }

  bool too_long() {
    ++count_;
    return refuse({{}, "a line of more than " + std::to_string(classify::max_line_bytes) + " bytes"});
  }

  bool all_valid() const { return all_valid_; }

 private:
  bool refuse(const classify::LineFault& fault) {
    all_valid_ = false;
    return print_json(fault_json(fault, count_)) == exit_done;
  }

  const config::Server* find_server(std::string_view key) const {
    const auto found = std::ranges::find(config_.servers, key, &config::Server::key);
    return found != config_.servers.end() ? &*found : nullptr;
  }

  static bool listed(const std::vector<std::string>& patterns, std::string_view tool) {
    return std::ranges::any_of(patterns, [&](const std::string& pattern) { return matches(pattern, tool); });
  }

  // errors.md section 5: the operator's word, or the hints of a server that is trusted; lists always.
  static bool idempotent(const Line& line, const config::Server* server) {
    if (line.operation == Operation::discovery) return true;
    if (!line.tool) return false;
    const bool trusted = line.tool->trusted || (server != nullptr && server->trusted);
    if (trusted && (line.tool->read_only || line.tool->idempotent)) return true;
    return server != nullptr && (listed(server->tools.idempotent, line.tool->name) ||
                                 listed(server->tools.read_only, line.tool->name));
  }

  static recovery::Facts facts_of(const Line& line, const config::Server* server) {
    recovery::Facts facts;
    facts.operation = line.operation;
    facts.server = line.server;
    if (line.tool) facts.tool = line.tool->name;
    facts.idempotent = idempotent(line, server);
    return facts;
  }

  std::chrono::milliseconds time_of(const Line& line) const {
    return line.operation == Operation::discovery ? config_.timeouts.discovery : config_.timeouts.tool;
  }

  config::Config config_;
  recovery::Policy policy_;
  std::uint64_t count_ = 0;
  bool all_valid_ = true;
};

// Cuts stdin into lines as it comes; of a line that is too long only the end is looked for.
class LineReader {
 public:
  // Calls `classifier` for each line; false when stdin cannot be read or stdout not written.
  bool run(Classifier& classifier) {
    std::array<char, 65536> buffer{};
    while (true) {
      const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return false;
      if (count == 0) return rest_.empty() || classifier.take(rest_);
      if (!take({buffer.data(), static_cast<std::size_t>(count)}, classifier)) return false;
    }
  }

 private:
  bool take(std::string_view bytes, Classifier& classifier) {
    while (true) {
      const std::size_t end = bytes.find('\n');
      if (!skipping_) rest_ += bytes.substr(0, end);
      if (rest_.size() > classify::max_line_bytes) {
        rest_.clear();
        skipping_ = true;
        if (!classifier.too_long()) return false;
      }
      if (end == bytes.npos) return true;
      if (!skipping_ && !classifier.take(rest_)) return false;
      skipping_ = false;
      rest_.clear();
      bytes.remove_prefix(end + 1);
    }
  }

  std::string rest_;
  bool skipping_ = false;
};

int classify_lines(const std::string& file) {
  config::Config config;
  if (!file.empty()) {
    auto loaded = load_or_complain({.config = config::Source{file}});
    if (!loaded) return exit_wrong_input;
    config = *std::move(loaded->config);
  }
  Classifier classifier(std::move(config));
  const bool done = LineReader().run(classifier);
  return done && classifier.all_valid() ? exit_done : exit_failed;
}

}  // namespace

void add_classify(CLI::App& app, Action& action) {
  const auto file = std::make_shared<std::string>();
  CLI::App* command =
      add_command(app, "classify",
                  "Says of failures, one JSON object a line on stdin, what they are and what would be done",
                  R"(echo '{"source": "curl", "code": "CURLE_COULDNT_CONNECT"}' | sallyport classify)"
                  "\n"
                  "sallyport classify --config sallyport.yaml < failures.jsonl");
  command
      ->add_option("-c,--config", *file, "Whose `recovery`, `servers` and `timeouts` count; none without it")
      ->type_name("FILE");
  command->callback([=, &action] { action = [=] { return classify_lines(*file); }; });
}

}  // namespace sallyport::cli
