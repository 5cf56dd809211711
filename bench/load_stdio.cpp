// bench-load-stdio: calls a tool of an MCP server on two pipes as fast as it answers, so many calls in
// flight; checks every answer, reports JSON.

#include "answer_check.hpp"
#include "load_options.hpp"
#include "measurement.hpp"
#include "requests.hpp"
#include "socket.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <poll.h>

namespace sallyport::bench {
namespace {

struct Options : LoadOptions {
  std::size_t in_flight = 1;
  int from = -1;  // the server's output
  int to = -1;    // and its input
};

class Load {
 public:
  explicit Load(Options options)
      : options_(std::move(options)),
        check_(options_.expected),
        measurement_(options_.cpu_of),
        ask_(modern_body(options_.target) + '\n') {}

  /// True when every answer was right. The last ones are not followed by others: the pipes are empty then.
  bool run() {
    if (options_.warmup == 0) measurement_.start();
    while (!faults_.too_many() && answered_ < total()) {
      send();
      if (!receive()) break;
    }
    measurement_.stop();
    return faults_.count() == 0;
  }

  void report() const { measurement_.report(faults_); }

 private:
  struct Asked {
    std::uint64_t id;
    Nanoseconds when;
  };

  std::uint64_t total() const { return options_.warmup + options_.requests; }

  /// As many as may be in flight, in one write: a pipe holds them all.
  void send() {
    const Nanoseconds time = now();
    out_.clear();
    for (; asked_.size() < options_.in_flight && issued_ < total(); ++issued_) {
      out_ += ask_.with_id(next_id_);
      asked_.push_back({next_id_++, time});
    }
    for (std::string_view rest = out_; !rest.empty();) {
      rest.remove_prefix(static_cast<std::size_t>(
          checked(static_cast<int>(::write(options_.to, rest.data(), rest.size())), "write")));
    }
  }

  /// The answers that one read brings; false when no more will come.
  bool receive() {
    pollfd waiting{options_.from, POLLIN, 0};
    if (checked(::poll(&waiting, 1, options_.stall_ms()), "poll") == 0) {
      faults_.add("stalled: no answer came");
      return false;
    }
    std::array<char, 65536> room;
    const auto count = checked(static_cast<int>(::read(options_.from, room.data(), room.size())), "read");
    if (count == 0) {
      faults_.add("the server ended before its answer");
      return false;
    }
    in_.append(room.data(), static_cast<std::size_t>(count));
    std::size_t at = 0;
    for (std::size_t end = in_.find('\n'); end != in_.npos; end = in_.find('\n', at)) {
      take_answer(std::string_view(in_).substr(at, end - at));
      at = end + 1;
    }
    in_.erase(0, at);
    return true;
  }

  void take_answer(std::string_view line) {
    const std::string_view id = member(line, "id");
    std::uint64_t number = 0;
    std::from_chars(id.data(), id.data() + id.size(), number);
    const auto asked = std::ranges::find(asked_, number, &Asked::id);
    if (asked == asked_.end())
      return faults_.add(fmt::format("nobody asked for it: {}", line.substr(0, 300)));
    if (auto wrong = check_.check(line, id); !wrong.empty()) faults_.add(std::move(wrong));
    if (measurement_.running()) measurement_.add(now() - asked->when);
    *asked = asked_.back();
    asked_.pop_back();
    if (++answered_ == options_.warmup) measurement_.start();
  }

  Options options_;
  AnswerCheck check_;
  Faults faults_;
  Measurement measurement_;
  RequestTemplate ask_;
  std::vector<Asked> asked_;  // and not answered yet
  std::string out_;
  std::string in_;
  std::uint64_t next_id_ = RequestTemplate::first_id;
  std::uint64_t issued_ = 0;
  std::uint64_t answered_ = 0;
};

}  // namespace
}  // namespace sallyport::bench

int main(int argc, char** argv) {
  using namespace sallyport::bench;
  constexpr std::size_t most_in_flight =
      100;  // their requests fit into a pipe: sending never waits for the server
  Options options;
  CLI::App app("Calls a tool of an MCP server on two pipes and checks every answer; prints one JSON object.");
  app.add_option("--from", options.from, "the descriptor of the server's output")->required();
  app.add_option("--to", options.to, "the descriptor of the server's input")->required();
  add_options(app, options);
  app.get_option("--requests")->required();
  app.add_option("--text", options.expected.text, "what its answer must say, as plain JSON");
  app.add_option("--in-flight", options.in_flight, "calls under way at once")
      ->check(CLI::Range(std::size_t{1}, most_in_flight));
  CLI11_PARSE(app, argc, argv);
  return run<Load>(std::move(options));
}
