#include "run.hpp"

#include "base/strings.hpp"
#include "output.hpp"

#include <csignal>
#include <cstdlib>

#include <fmt/format.h>
#include <unistd.h>

namespace sallyport::cli {
namespace {

using std::chrono_literals::operator""s;

constexpr int signalled = 128;  // and the signal's number: how shells write such an end

Task<void> run_body(task::Loop& loop, const std::function<Task<int>(task::Loop&)>& body, int& code) {
  const Result<int> ended = co_await body(loop);
  if (ended) {
    code = *ended;
  } else if (ended.error().code() == Code::proto_cancelled) {
    complain("interrupted");
  } else {
    complain(explain(ended.error()));
  }
  loop.stop();
  co_return ok();
}

}  // namespace

int run_to_end(const std::function<Task<int>(task::Loop&)>& body) {
  task::Loop loop;
  task::Group group(loop);
  int code = exit_failed;
  bool interrupted = false;
  const net::Signals signals(loop, {SIGINT, SIGTERM}, [&](int number) {
    if (interrupted) std::_Exit(signalled + number);
    interrupted = true;
    group.cancel(task::CancelReason::client);
  });
  loop.post([&] { group.spawn(run_body(loop, body, code)); });
  loop.run();
  return code;
}

Progress::Progress(task::Loop& loop, std::function<std::string()> what)
    : loop_(&loop),
      what_(std::move(what)),
      begun_(loop.now()),
      terminal_(::isatty(STDERR_FILENO) == 1),
      timer_(loop.timers()) {
  schedule(1s);
}

Progress::~Progress() {
  if (terminal_ && shown_) print_error("\r\x1b[K");
}

void Progress::schedule(std::chrono::seconds pause) {
  timer_.start(loop_->now() + pause, [this] { show(); });
}

void Progress::show() {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(loop_->now() - begun_).count();
  const std::string text = fmt::format("{} ({} s)", escape_terminal(what_()), seconds);
  print_error(terminal_ ? fmt::format("\r\x1b[K{}", text) : text + '\n');
  shown_ = true;
  schedule(terminal_ ? 1s : 10s);
}

}  // namespace sallyport::cli
