#include "net/child.hpp"

#include "net/keeper.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <span>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sallyport::net {
namespace {

using Unexpected = std::unexpected<SpawnFailure>;

Unexpected failure(int error, SpawnStep step) {
  return Unexpected(SpawnFailure{error, step});
}

struct Ends {
  UniqueFd ours;
  UniqueFd theirs;
};

// Their ends lie above the numbers that the keeper gives them, so that no dup2 there overwrites the source of
// a later one.
bool lift(UniqueFd& fd) {
  fd.reset(fcntl(fd.get(), F_DUPFD_CLOEXEC, keeper_wire::spec_fd + 1));
  return static_cast<bool>(fd);
}

bool finish(Ends& ends) {
  const int flags = fcntl(ends.ours.get(), F_GETFL);
  return flags >= 0 && fcntl(ends.ours.get(), F_SETFL, flags | O_NONBLOCK) == 0 && lift(ends.theirs);
}

std::expected<Ends, SpawnFailure> make_pipe(bool we_write) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) return failure(errno, SpawnStep::pipes);
  Ends ends{UniqueFd(fds[we_write ? 1 : 0]), UniqueFd(fds[we_write ? 0 : 1])};
  if (!finish(ends)) return failure(errno, SpawnStep::pipes);
  return ends;
}

std::expected<Ends, SpawnFailure> make_control() {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) return failure(errno, SpawnStep::pipes);
  Ends ends{UniqueFd(fds[0]), UniqueFd(fds[1])};
  if (!finish(ends)) return failure(errno, SpawnStep::pipes);
  return ends;
}

// The spec travels in an anonymous file: `ps` shows none of it, and handing it over cannot block.
std::expected<UniqueFd, SpawnFailure> make_spec_file(const ChildSpec& spec) {
  const auto encoded = keeper_wire::encode_spec(spec);
  if (!encoded) return Unexpected(encoded.error());
  UniqueFd file(memfd_create("sallyport-child", MFD_CLOEXEC));
  if (!file) return failure(errno, SpawnStep::pipes);
  std::string_view rest = *encoded;
  while (!rest.empty()) {
    const ssize_t written = write(file.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failure(errno, SpawnStep::pipes);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  if (!lift(file)) return failure(errno, SpawnStep::pipes);
  return file;
}

// What posix_spawn is told, released when it goes out of scope.
struct SpawnPlan {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;

  SpawnPlan() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
  }

  // A session of its own from the first instant: what a terminal sends to the gateway's group passes it by.
  int prepare(const std::array<int, 5>& descriptors) {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    for (std::size_t target = 0; target < descriptors.size(); ++target) {
      const int error =
          posix_spawn_file_actions_adddup2(&actions, descriptors[target], static_cast<int>(target));
      if (error != 0) return error;
    }
    return posix_spawn_file_actions_addclosefrom_np(&actions, static_cast<int>(descriptors.size()));
  }
};

// The keeper needs nothing of our environment, which may hold secrets, but what its own loading depends on.
std::vector<char*> keeper_environment() {
  std::vector<char*> kept;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    if (text.starts_with("LD_LIBRARY_PATH=") || text.starts_with("LLVM_PROFILE_FILE="))
      kept.push_back(*variable);
  }
  kept.push_back(nullptr);
  return kept;
}

// Its name differs from the program's on purpose: `pkill sallyport` must not take the keepers along.
std::expected<pid_t, SpawnFailure> start_keeper(const std::string& path,
                                                const std::array<int, 5>& descriptors) {
  SpawnPlan plan;
  if (const int error = plan.prepare(descriptors); error != 0) return failure(error, SpawnStep::keeper);
  std::string name = "sally-keeper";
  std::string role = "--keeper";
  char* const argv[] = {name.data(), role.data(), nullptr};
  pid_t pid = -1;
  const int error =
      posix_spawn(&pid, path.c_str(), &plan.actions, &plan.attributes, argv, keeper_environment().data());
  if (error != 0) return failure(error, SpawnStep::keeper);
  return pid;
}

// The function of glibc 2.36 lacks its extern "C".
UniqueFd open_pidfd(pid_t pid) {
  return UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
}

// A keeper that cannot be watched is not kept. It finds the command when it first looks: a short wait.
Unexpected abandon(pid_t keeper, UniqueFd control, int error) {
  send_command(control.get(), KeeperCommand::kill);
  control.reset();
  while (waitpid(keeper, nullptr, 0) < 0 && errno == EINTR) {
  }
  return failure(error, SpawnStep::keeper);
}

std::optional<KeeperEvent> decode(const std::array<char, keeper_record_bytes>& record) {
  std::int32_t value = 0;
  std::memcpy(&value, record.data() + 4, sizeof value);
  if (static_cast<unsigned char>(record[1]) > static_cast<unsigned char>(SpawnStep::exec))
    return std::nullopt;
  switch (record[0]) {
    case 0:
      return ChildStarted{value};
    case 1:
      return ChildNotStarted{{value, static_cast<SpawnStep>(record[1])}};
    case 2:
      return ChildEnded{value};
    case 3:
      return FamilyGone{value};
    default:
      return std::nullopt;
  }
}

bool inherits(std::string_view name) {
  constexpr std::array<std::string_view, 9> names = {"PATH", "HOME", "USER", "LOGNAME", "SHELL",
                                                     "TERM", "LANG", "TZ",   "TMPDIR"};
  return name.starts_with("LC_") || std::ranges::find(names, name) != names.end();
}

}  // namespace

std::expected<Child, SpawnFailure> spawn_child(const ChildSpec& spec) {
  auto file = make_spec_file(spec);
  if (!file) return Unexpected(file.error());
  auto in = make_pipe(true);
  if (!in) return Unexpected(in.error());
  auto out = make_pipe(false);
  if (!out) return Unexpected(out.error());
  auto err = make_pipe(false);
  if (!err) return Unexpected(err.error());
  auto control = make_control();
  if (!control) return Unexpected(control.error());

  const auto keeper = start_keeper(spec.keeper_path, {in->theirs.get(), out->theirs.get(), err->theirs.get(),
                                                      control->theirs.get(), file->get()});
  if (!keeper) return Unexpected(keeper.error());
  // Closed first, so that there is room for one more descriptor.
  for (Ends* ends : {&*in, &*out, &*err, &*control}) ends->theirs.reset();
  UniqueFd watch = open_pidfd(*keeper);
  if (!watch) return abandon(*keeper, std::move(control->ours), errno);
  return Child{std::move(in->ours),      std::move(out->ours), std::move(err->ours),
               std::move(control->ours), std::move(watch),     *keeper};
}

bool KeeperEventParser::feed(std::string_view bytes, std::vector<KeeperEvent>& events) {
  for (const char byte : bytes) {
    record_[filled_++] = byte;
    if (filled_ < record_.size()) continue;
    filled_ = 0;
    const auto event = decode(record_);
    if (!event) return false;
    events.push_back(*event);
  }
  return true;
}

bool send_command(int control_fd, KeeperCommand command) {
  const char byte = static_cast<char>(command);
  ssize_t sent = -1;
  do {
    sent = send(control_fd, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  return sent == 1;
}

bool reap(pid_t keeper_pid) {
  const pid_t ended = waitpid(keeper_pid, nullptr, WNOHANG);
  return ended == keeper_pid || (ended < 0 && errno == ECHILD);
}

std::map<std::string, std::string> child_environment(const std::map<std::string, std::string>& configured) {
  return child_environment(configured, environ);
}

std::map<std::string, std::string> child_environment(const std::map<std::string, std::string>& configured,
                                                     const char* const* own) {
  std::map<std::string, std::string> result = configured;
  for (; own != nullptr && *own != nullptr; ++own) {
    const std::string_view text(*own);
    const auto equals = text.find('=');
    if (equals == std::string_view::npos || !inherits(text.substr(0, equals))) continue;
    result.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return result;
}

namespace keeper_wire {
namespace {

// Then, each with its NUL: the directory, the command and its arguments, the environment.
struct SpecHeader {
  std::uint32_t grace_ms = 0;
  std::uint32_t arguments = 0;
  std::uint32_t variables = 0;
  std::uint32_t unused = 0;  // no padding: all that is sent is set
  std::uint64_t descriptors = 0;
};

bool holds_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

bool is_sound(const ChildSpec& spec) {
  if (spec.command.empty() || holds_nul(spec.command) || holds_nul(spec.cwd)) return false;
  if (std::ranges::any_of(spec.args, holds_nul)) return false;
  return std::ranges::none_of(spec.env, [](const auto& variable) {
    const auto& [name, value] = variable;
    return name.empty() || name.find('=') != std::string::npos || holds_nul(name) || holds_nul(value);
  });
}

// Takes `count` strings from the front of `rest`; false when there are fewer.
bool take_strings(std::span<char>& rest, std::uint32_t count, std::vector<char*>& out) {
  for (; count > 0; --count) {
    const auto nul = std::ranges::find(rest, '\0');
    if (nul == rest.end()) return false;
    out.push_back(rest.data());
    rest = rest.subspan(static_cast<std::size_t>(nul - rest.begin()) + 1);
  }
  return true;
}

}  // namespace

std::expected<std::string, SpawnFailure> encode_spec(const ChildSpec& spec) {
  if (!is_sound(spec)) return failure(EINVAL, SpawnStep::prepare);
  constexpr std::int64_t longest = std::numeric_limits<std::uint32_t>::max();
  const SpecHeader header = {
      static_cast<std::uint32_t>(std::clamp<std::int64_t>(spec.grace.count(), 0, longest)),
      static_cast<std::uint32_t>(spec.args.size()) + 1, static_cast<std::uint32_t>(spec.env.size()), 0,
      spec.descriptors};
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
  const auto add = [&bytes](std::string_view text) { bytes.append(text).push_back('\0'); };
  add(spec.cwd);
  add(spec.command);
  for (const std::string& argument : spec.args) add(argument);
  for (const auto& [name, value] : spec.env) add(name + '=' + value);
  if (bytes.size() > max_spec_bytes) return failure(E2BIG, SpawnStep::prepare);
  return bytes;
}

std::optional<SpecView> decode_spec(std::string& encoded) {
  SpecHeader header;
  if (encoded.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, encoded.data(), sizeof header);
  std::span<char> rest = std::span(encoded).subspan(sizeof header);
  std::vector<char*> directory;
  SpecView spec{std::chrono::milliseconds(header.grace_ms), header.descriptors, nullptr, {}, {}};
  if (header.arguments == 0 || !take_strings(rest, 1, directory) ||
      !take_strings(rest, header.arguments, spec.argv) || !take_strings(rest, header.variables, spec.env) ||
      !rest.empty()) {
    return std::nullopt;
  }
  spec.cwd = directory.front();
  spec.argv.push_back(nullptr);
  spec.env.push_back(nullptr);
  return spec;
}

std::array<char, keeper_record_bytes> encode_event(const KeeperEvent& event) {
  std::array<char, keeper_record_bytes> record{};
  record[0] = static_cast<char>(event.index());
  const auto put = [&record](std::int32_t value) { std::memcpy(record.data() + 4, &value, sizeof value); };
  if (const auto* started = std::get_if<ChildStarted>(&event)) put(started->pid);
  if (const auto* ended = std::get_if<ChildEnded>(&event)) put(ended->wait_status);
  if (const auto* gone = std::get_if<FamilyGone>(&event)) put(gone->left);
  if (const auto* not_started = std::get_if<ChildNotStarted>(&event)) {
    record[1] = static_cast<char>(not_started->failure.step);
    put(not_started->failure.error_number);
  }
  return record;
}

}  // namespace keeper_wire
}  // namespace sallyport::net
