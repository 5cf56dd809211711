// Starts a server's process behind its keeper and speaks with that keeper: plain POSIX, no event loop of its
// own.
#pragma once

#include "base/unique_fd.hpp"
#include "classify/child.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <sys/types.h>

namespace sallyport::net {

// Raw: the errno and where it occurred. classify::from_spawn makes an Error of it.
using classify::SpawnFailure;
using classify::SpawnStep;

struct ChildSpec {
  std::string command;  // without a slash: looked up in the PATH of `env`
  std::vector<std::string> args;
  std::map<std::string, std::string> env;  // exactly what the child gets; see child_environment
  std::string cwd;                         // empty: the gateway's own
  std::string keeper_path = "/proc/self/exe";
  std::chrono::milliseconds grace{5000};  // between TERM and KILL
  std::uint64_t descriptors = 0;          // its soft limit of them (RLIMIT_NOFILE); 0: as ours
};

// The largest spec, command, arguments and environment together, that a keeper is given.
inline constexpr std::size_t max_spec_bytes = std::size_t{2} << 20;

// A started keeper and our ends of its child's pipes, all close-on-exec and non-blocking. Closing `control`
// ends the child and everything that descends from it, as the death of the gateway does.
struct Child {
  UniqueFd stdin_fd;
  UniqueFd stdout_fd;
  UniqueFd stderr_fd;
  UniqueFd
      control_fd;  // events to read (KeeperEventParser), commands to send; end of file: the keeper has ended
  UniqueFd keeper_fd;  // a pidfd: readable once `keeper_pid` can be reaped
  pid_t keeper_pid = -1;
};

// Starts the keeper; whether the command could be executed is its first event. Does not block on the child.
std::expected<Child, SpawnFailure> spawn_child(const ChildSpec& spec);

struct ChildStarted {
  pid_t pid = -1;
  bool operator==(const ChildStarted&) const = default;
};
struct ChildNotStarted {
  SpawnFailure failure;
  bool operator==(const ChildNotStarted& other) const {
    return failure.error_number == other.failure.error_number && failure.step == other.failure.step;
  }
};
struct ChildEnded {
  int wait_status = 0;  // as waitpid gives it; see classify::from_child_exit
  bool operator==(const ChildEnded&) const = default;
};
// The last event. `left` counts processes that even KILL did not end in time (uninterruptible in the kernel).
struct FamilyGone {
  int left = 0;
  bool operator==(const FamilyGone&) const = default;
};
// In this order: Started or NotStarted; after Started, Ended; FamilyGone.
using KeeperEvent = std::variant<ChildStarted, ChildNotStarted, ChildEnded, FamilyGone>;

inline constexpr std::size_t keeper_record_bytes = 8;

// Decodes what is read from `control_fd`, split anywhere.
class KeeperEventParser {
 public:
  // Appends the events that `bytes` complete. False: a keeper never says this; close the control descriptor.
  [[nodiscard]] bool feed(std::string_view bytes, std::vector<KeeperEvent>& events);

 private:
  std::array<char, keeper_record_bytes> record_{};
  std::size_t filled_ = 0;
};

enum class KeeperCommand : char {
  terminate = 'T',  // TERM to the whole family, KILL after the grace time
  kill = 'K',       // KILL at once
};

// False when the keeper is gone. Never blocks, never raises SIGPIPE.
bool send_command(int control_fd, KeeperCommand command);

// True once the keeper has ended and left no zombie; never blocks.
bool reap(pid_t keeper_pid);

// What a child may know of our environment (PATH HOME USER LOGNAME SHELL TERM LANG LC_* TZ TMPDIR),
// overridden and extended by what was configured for it. `own` is a null-terminated list of NAME=value, by
// default our environment.
std::map<std::string, std::string> child_environment(const std::map<std::string, std::string>& configured);
std::map<std::string, std::string> child_environment(const std::map<std::string, std::string>& configured,
                                                     const char* const* own);

}  // namespace sallyport::net
