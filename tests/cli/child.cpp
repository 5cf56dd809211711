#include "child.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sallyport::test {
namespace {

// Appends what there is; false at the end.
bool read_into(int descriptor, std::string& text) {
  std::array<char, 4096> buffer;
  const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
  if (got > 0) text.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0;
}

}  // namespace

Child::Child(std::string program, std::vector<std::string> arguments, std::string input) {
  std::vector<char*> argv{program.data()};
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  int out[2];
  int err[2];
  if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0) std::abort();
  pid_ = ::fork();
  if (pid_ == 0) {
    const int given = ::open(input.c_str(), O_RDONLY);
    ::dup2(given, 0);
    ::dup2(out[1], 1);
    ::dup2(err[1], 2);
    ::execv(program.c_str(), argv.data());
    ::_exit(127);
  }
  ::close(out[1]);
  ::close(err[1]);
  out_ = out[0];
  err_ = err[0];
}

Child::~Child() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(out_);
  ::close(err_);
}

std::string Child::wait_for_error_line(std::string_view text) {
  for (;;) {
    for (std::size_t begin = 0, end; (end = err_text_.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
      const std::string line = err_text_.substr(begin, end - begin);
      if (line.contains(text)) return line;
    }
    if (!read_into(err_, err_text_)) return "";
  }
}

std::string Child::wait_for_output_line() {
  std::size_t end;
  while ((end = out_text_.find('\n')) == std::string::npos)
    if (!read_into(out_, out_text_)) return "";
  std::string line = out_text_.substr(0, end);
  out_text_.erase(0, end + 1);
  return line;
}

void Child::signal(int number) const {
  ::kill(pid_, number);
}

bool Child::wait_for(int descriptor) const {
  const int process = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  std::array<pollfd, 2> open{pollfd{descriptor, POLLIN, 0}, pollfd{process, POLLIN, 0}};
  while (::poll(open.data(), open.size(), -1) < 0) {
  }
  ::close(process);
  return (open[0].revents & POLLIN) != 0;
}

Outcome Child::wait() {
  Outcome outcome;
  std::array<pollfd, 2> open{pollfd{out_, POLLIN, 0}, pollfd{err_, POLLIN, 0}};
  while (open[0].fd >= 0 || open[1].fd >= 0) {
    if (::poll(open.data(), open.size(), -1) < 0) continue;
    if (open[0].revents != 0 && !read_into(out_, outcome.out)) open[0].fd = -1;
    if (open[1].revents != 0 && !read_into(err_, err_text_)) open[1].fd = -1;
  }
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  outcome.out.insert(0, out_text_);
  outcome.err = std::move(err_text_);
  return outcome;
}

Outcome run(std::string program, std::vector<std::string> arguments, std::string input) {
  return Child(std::move(program), std::move(arguments), std::move(input)).wait();
}

}  // namespace sallyport::test
