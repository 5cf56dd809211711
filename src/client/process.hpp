// A child process under its keeper, with its pipes as streams and the end of its stderr kept for operators.
#pragma once

#include "net/child.hpp"
#include "net/outbox.hpp"
#include "net/stream.hpp"
#include "task/group.hpp"

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::client {

// The last lines that a server wrote to its stderr, secrets masked. Survives the process, for whoever asks
// why it died.
class StderrTail {
 public:
  void append(std::string_view bytes);
  std::vector<std::string> lines() const;

  // From now on keeps nothing itself: each line goes to `tail`, which outlives it, behind `mark`.
  void pass_on(StderrTail& tail, std::string mark);

 private:
  void end_line();
  void keep(std::string line);
  static std::size_t cost(const std::string& line) noexcept;

  std::deque<std::string> lines_;
  std::string partial_;
  std::size_t bytes_ = 0;
  StderrTail* tail_ = nullptr;
  std::string mark_;
};

class Process {
 public:
  // Starts the keeper. Whether the command could be executed is known when `started` ends.
  static Result<std::unique_ptr<Process>> spawn(task::Loop& loop, const net::ChildSpec& spec,
                                                StderrTail& tail, std::size_t max_stdin_bytes);
  ~Process();

  Task<void> started();  // ends when the command runs; CONFIG_001 and others when it does not
  net::Stream& output() noexcept { return *stdout_; }
  net::Outbox& input() noexcept { return *input_; }
  // Puts a stream of this type over its output, before that is read.
  template <class Wrapper>
  Wrapper& wrap_output() {
    auto wrapper = std::make_unique<Wrapper>(*loop_, std::move(stdout_));
    Wrapper& made = *wrapper;
    stdout_ = std::move(wrapper);
    return made;
  }
  void kill() noexcept { net::send_command(control_fd_, net::KeeperCommand::kill); }
  pid_t pid() const noexcept { return pid_; }
  bool exited() const noexcept { return wait_status_.has_value(); }

  // How it ended, as an error of the operation that it cut short; nothing while it runs.
  std::optional<Error> exit_error() const;

  // stdin closed → TERM → KILL, with a grace time between each; ends when the keeper reports that nothing is
  // left.
  Task<void> stop();

 private:
  Process(task::Loop& loop, std::string command, net::Child child, StderrTail& tail,
          std::size_t max_stdin_bytes);
  Task<void> watch_keeper();
  Task<void> read_stderr();
  Task<bool> gone_within(std::chrono::milliseconds grace);

  task::Loop* loop_;
  std::string command_;
  StderrTail* tail_;
  int control_fd_ = -1;
  pid_t keeper_pid_ = -1;
  std::unique_ptr<net::Stream> stdin_;
  std::unique_ptr<net::Stream> stdout_;
  std::unique_ptr<net::Stream> stderr_;
  std::unique_ptr<net::Stream> control_;
  std::unique_ptr<net::Outbox> input_;
  pid_t pid_ = -1;
  std::optional<net::SpawnFailure> not_started_;
  std::optional<int> wait_status_;
  bool family_gone_ = false;
  task::Event changed_;
  task::Group group_;
};

}  // namespace sallyport::client
