// Drives one spawned child in a test: collects what it prints and what its keeper reports, with bounded
// waits.
#pragma once

#include "net/child.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sallyport::net::testing {

// Long enough for the slowest machine; nothing waits for it to pass but a failing test.
inline constexpr std::chrono::seconds patience{30};

// Built beside this program.
inline std::string keeper_path() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "test_keeper";
}

inline ChildSpec spec_of(std::string command, std::vector<std::string> args = {}) {
  ChildSpec spec;
  spec.command = std::move(command);
  spec.args = std::move(args);
  spec.env = child_environment({});
  spec.keeper_path = keeper_path();
  return spec;
}

inline ChildSpec shell(std::string script) {
  return spec_of("sh", {"-c", std::move(script)});
}

inline UniqueFd watch_process(pid_t pid) {
  return UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
}

// True once the descriptor is readable or at its end.
inline bool wait_readable(int fd) {
  pollfd watched{fd, POLLIN, 0};
  return poll(&watched, 1, static_cast<int>(std::chrono::milliseconds(patience).count())) == 1;
}

inline std::vector<pid_t> pids_in(const std::string& lines) {
  std::vector<pid_t> pids;
  for (std::size_t at = 0, end = 0; (end = lines.find('\n', at)) != std::string::npos; at = end + 1) {
    pids.push_back(static_cast<pid_t>(std::stoi(lines.substr(at, end - at))));
  }
  return pids;
}

inline KeeperEvent not_started(const SpawnFailure& failure) {
  return ChildNotStarted{failure};
}
inline KeeperEvent exited(int code) {
  return ChildEnded{W_EXITCODE(code, 0)};
}
inline KeeperEvent signalled(int number) {
  return ChildEnded{W_EXITCODE(0, number)};
}

// Every orphan of the test comes to this process, so that "nothing is left" can be asked of the kernel.
class Orphanage {
 public:
  Orphanage() {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, &mask_);
    deaths_.reset(signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  Orphanage(const Orphanage&) = delete;
  Orphanage& operator=(const Orphanage&) = delete;
  ~Orphanage() {
    sigprocmask(SIG_SETMASK, &mask_, nullptr);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
  }

  // Reaps until no child or orphan is left; false when one lives on.
  bool empties() const {
    for (;;) {
      const pid_t ended = waitpid(-1, nullptr, WNOHANG);
      if (ended < 0) return errno == ECHILD;
      if (ended == 0 && !wait_readable(deaths_.get())) return false;
      signalfd_siginfo seen;
      (void)!read(deaths_.get(), &seen, sizeof seen);
    }
  }

 private:
  sigset_t mask_{};
  UniqueFd deaths_;
};

class Running {
 public:
  explicit Running(const ChildSpec& spec) {
    auto started = spawn_child(spec);
    if (!started) {
      ADD_FAILURE() << "spawn_child: errno " << started.error().error_number;
      return;
    }
    child = std::move(*started);
  }

  // Reads whatever comes until `done`; false when that does not happen.
  bool pump(const std::function<bool()>& done, bool read_output = true) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::vector<pollfd> watched = {{child.control_fd.get(), POLLIN, 0}};
      if (read_output) {
        watched.push_back({child.stdout_fd.get(), POLLIN, 0});
        watched.push_back({child.stderr_fd.get(), POLLIN, 0});
      }
      if (poll(watched.data(), watched.size(), 1000) <= 0) continue;
      if (read_output) drain(child.stdout_fd, out);
      if (read_output) drain(child.stderr_fd, err);
      if (watched[0].revents != 0) read_control();
    }
    return true;
  }

  bool pump_lines(std::size_t count) {
    return pump([&] { return std::ranges::count(out, '\n') >= static_cast<std::ptrdiff_t>(count); });
  }

  template <class Event>
  bool pump_until() {
    return pump([&] { return find<Event>() != nullptr; });
  }

  // To the keeper's own end, reaped; what the child printed until then is read too.
  bool finish(bool read_output = true) {
    const bool ended = pump([&] { return !child.control_fd; }, read_output);
    if (!ended || !wait_readable(child.keeper_fd.get())) return false;
    if (read_output) drain(child.stdout_fd, out);
    if (read_output) drain(child.stderr_fd, err);
    return reap(child.keeper_pid);
  }

  template <class Event>
  const Event* find() const {
    for (const KeeperEvent& event : events) {
      if (const auto* found = std::get_if<Event>(&event)) return found;
    }
    return nullptr;
  }

  bool say(std::string_view text) const {
    return write(child.stdin_fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  }

  Child child;
  std::string out;
  std::string err;
  std::vector<KeeperEvent> events;

 private:
  static void drain(UniqueFd& fd, std::string& into) {
    char buffer[4096];
    ssize_t size = 0;
    while (fd && (size = read(fd.get(), buffer, sizeof buffer)) > 0) {
      into.append(buffer, static_cast<std::size_t>(size));
    }
    if (size == 0) fd.reset();
  }

  void read_control() {
    char buffer[64];
    const ssize_t size = read(child.control_fd.get(), buffer, sizeof buffer);
    if (size <= 0) return child.control_fd.reset();
    EXPECT_TRUE(parser_.feed(std::string_view(buffer, static_cast<std::size_t>(size)), events));
  }

  KeeperEventParser parser_;
};

}  // namespace sallyport::net::testing
