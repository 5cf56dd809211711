#include "client/process.hpp"

#include "classify/child.hpp"
#include "errors/redact.hpp"
#include "net/pipe.hpp"

#include <sys/wait.h>

namespace sallyport::client {
namespace {

constexpr std::size_t max_tail_bytes = 64 * 1024;
constexpr std::size_t max_tail_line = 4096;
constexpr std::chrono::milliseconds reap_pause{5};      // between the end of its last descriptor and its exit
constexpr std::chrono::milliseconds stdin_grace{2000};  // after stdin was closed, before TERM
constexpr std::chrono::milliseconds gone_grace{20000};  // the keeper's own TERM → KILL → last look

}  // namespace

std::size_t StderrTail::cost(const std::string& line) noexcept {
  return line.size() + sizeof(std::string);  // an empty line takes room too
}

void StderrTail::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    partial_.append(part.substr(0, max_tail_line - std::min(max_tail_line, partial_.size())));
    if (end == std::string_view::npos) return;
    end_line();
    bytes.remove_prefix(end + 1);
  }
}

void StderrTail::end_line() {
  std::string line = redact_text(partial_, max_tail_line);
  partial_.clear();
  if (tail_) return tail_->keep(mark_ + line);
  keep(std::move(line));
}

void StderrTail::keep(std::string line) {
  lines_.push_back(std::move(line));
  bytes_ += cost(lines_.back());
  while (bytes_ > max_tail_bytes) {
    bytes_ -= cost(lines_.front());
    lines_.pop_front();
  }
}

void StderrTail::pass_on(StderrTail& tail, std::string mark) {
  tail_ = &tail;
  mark_ = std::move(mark);
}

std::vector<std::string> StderrTail::lines() const {
  std::vector<std::string> all(lines_.begin(), lines_.end());
  if (!partial_.empty()) all.push_back(redact_text(partial_, max_tail_line));
  return all;
}

Result<std::unique_ptr<Process>> Process::spawn(task::Loop& loop, const net::ChildSpec& spec,
                                                StderrTail& tail, std::size_t max_stdin_bytes) {
  auto child = net::spawn_child(spec);
  if (!child) {
    classify::Context context;
    context.operation = classify::Operation::tool_call;
    context.executed = Executed::no;
    return fail(classify::from_spawn(child.error(), context));
  }
  return std::unique_ptr<Process>(new Process(loop, spec.command, std::move(*child), tail, max_stdin_bytes));
}

Process::Process(task::Loop& loop, std::string command, net::Child child, StderrTail& tail,
                 std::size_t max_stdin_bytes)
    : loop_(&loop),
      command_(std::move(command)),
      tail_(&tail),
      control_fd_(child.control_fd.get()),
      keeper_pid_(child.keeper_pid),
      stdin_(net::open_pipe(loop, std::move(child.stdin_fd))),
      stdout_(net::open_pipe(loop, std::move(child.stdout_fd))),
      stderr_(net::open_pipe(loop, std::move(child.stderr_fd))),
      control_(net::open_pipe(loop, std::move(child.control_fd))),
      input_(std::make_unique<net::Outbox>(loop, *stdin_, max_stdin_bytes)),
      changed_(loop),
      group_(loop) {
  group_.spawn(watch_keeper());
  group_.spawn(read_stderr());
}

Process::~Process() = default;

Task<void> Process::started() {
  while (pid_ < 0 && !not_started_ && !family_gone_) CO_TRY(co_await changed_.wait());
  if (pid_ >= 0) co_return ok();
  const net::SpawnFailure failure =
      not_started_.value_or(net::SpawnFailure{.error_number = ECHILD, .step = net::SpawnStep::keeper});
  const std::string detail = std::string(classify::name(failure.step)) + " of `" + command_ +
                             "`: " + std::generic_category().message(failure.error_number);
  classify::Context context;
  context.operation = classify::Operation::tool_call;
  context.executed = Executed::no;
  context.detail = detail;
  co_return Failure(classify::from_spawn(failure, context));
}

Task<void> Process::watch_keeper() {
  net::KeeperEventParser parser;
  std::array<char, 256> buffer;
  std::vector<net::KeeperEvent> events;
  for (;;) {
    const Result<std::size_t> n = co_await net::read_some(*control_, buffer);
    if (!n || *n == 0 || !parser.feed({buffer.data(), *n}, events)) break;
    for (const net::KeeperEvent& event : std::exchange(events, {})) {
      if (const auto* start = std::get_if<net::ChildStarted>(&event)) pid_ = start->pid;
      if (const auto* failed = std::get_if<net::ChildNotStarted>(&event)) not_started_ = failed->failure;
      if (const auto* ended = std::get_if<net::ChildEnded>(&event)) wait_status_ = ended->wait_status;
    }
    changed_.set();
  }
  family_gone_ = true;
  changed_.set();
  while (!net::reap(keeper_pid_)) CO_TRY(co_await task::Sleep(loop_->timers(), loop_->now() + reap_pause));
  co_return ok();
}

Task<void> Process::read_stderr() {
  std::array<char, 4096> buffer;
  for (;;) {
    const std::size_t n = CO_TRY(co_await net::read_some(*stderr_, buffer));
    if (n == 0) co_return ok();
    tail_->append({buffer.data(), n});
  }
}

std::optional<Error> Process::exit_error() const {
  if (!wait_status_) return std::nullopt;
  const int status = *wait_status_;
  const std::string detail = WIFSIGNALED(status) ? "ended by signal " + std::to_string(WTERMSIG(status))
                                                 : "exited with code " + std::to_string(WEXITSTATUS(status));
  classify::Context context;
  context.operation = classify::Operation::tool_call;
  context.handed_over = true;
  context.detail = detail;
  return classify::from_child_exit(status, context);
}

Task<bool> Process::gone_within(std::chrono::milliseconds grace) {
  const auto wait = [](Process& self) -> Task<void> {
    while (!self.family_gone_) CO_TRY(co_await self.changed_.wait());
    co_return ok();
  };
  const Result<void> gone = co_await task::with_deadline(loop_->timers(), loop_->now() + grace, wait(*this),
                                                         [](const Error& cancelled) { return cancelled; });
  co_return gone.has_value();
}

Task<void> Process::stop() {
  input_.reset();
  stdin_.reset();
  if (!CO_TRY(co_await gone_within(stdin_grace))) {
    net::send_command(control_fd_, net::KeeperCommand::terminate);
    if (!CO_TRY(co_await gone_within(gone_grace))) {
      net::send_command(control_fd_, net::KeeperCommand::kill);
      CO_TRY(co_await gone_within(gone_grace));
    }
  }
  co_return co_await group_.join();  // stderr ended with the family, and the keeper is reaped
}

}  // namespace sallyport::client
