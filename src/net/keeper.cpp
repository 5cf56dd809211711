#include "net/keeper.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sallyport::net {
namespace {

using Clock = std::chrono::steady_clock;
using keeper_wire::SpecView;
using std::chrono::milliseconds;

// After KILL, a process that the kernel will not let go is waited for this long.
constexpr milliseconds kill_patience{10'000};
// Between two looks at /proc while killing: what was forked in the meantime is found by the next one.
constexpr milliseconds kill_interval{20};
// So many zombies at most between two looks at the control socket.
constexpr int reap_batch = 256;

// ---- The family: everything that descends from this process, found through the parents named in /proc.

struct Process {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t group = 0;
};

// /proc/<pid>/stat is "pid (name) state parent group …"; the name may hold parentheses too.
std::optional<Process> read_process(const char* pid) {
  std::array<char, 32> path{};
  std::snprintf(path.data(), path.size(), "/proc/%s/stat", pid);
  const UniqueFd file(open(path.data(), O_RDONLY | O_CLOEXEC));
  std::array<char, 512> text{};
  const ssize_t size = file ? read(file.get(), text.data(), text.size() - 1) : -1;
  if (size <= 0) return std::nullopt;
  const char* after_name = std::strrchr(text.data(), ')');
  Process process;
  process.pid = static_cast<pid_t>(std::strtol(pid, nullptr, 10));
  if (after_name == nullptr || std::sscanf(after_name, ") %*c %d %d", &process.parent, &process.group) != 2) {
    return std::nullopt;
  }
  return process;
}

std::vector<Process> all_processes() {
  std::vector<Process> processes;
  DIR* directory = opendir("/proc");
  if (directory == nullptr) return processes;
  while (const dirent* entry = readdir(directory)) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    if (const auto process = read_process(entry->d_name)) processes.push_back(*process);
  }
  closedir(directory);
  std::ranges::sort(processes, {}, &Process::pid);
  return processes;
}

// The bound on steps is for a list that changed while it was read and holds a circle.
bool descends(const std::vector<Process>& processes, pid_t pid, pid_t ancestor) {
  for (std::size_t step = 0; step < processes.size(); ++step) {
    const auto found = std::ranges::lower_bound(processes, pid, {}, &Process::pid);
    if (found == processes.end() || found->pid != pid) return false;
    if (found->parent == ancestor) return true;
    pid = found->parent;
  }
  return false;
}

std::vector<Process> family_of(pid_t ancestor) {
  const std::vector<Process> processes = all_processes();
  std::vector<Process> family;
  std::ranges::copy_if(processes, std::back_inserter(family),
                       [&](const Process& process) { return descends(processes, process.pid, ancestor); });
  return family;
}

// ---- The child between fork and exec: only async-signal-safe calls, nothing allocated.

[[noreturn]] void give_up(int report, SpawnStep step) {
  const std::array<int, 2> failure = {errno, static_cast<int>(step)};
  // The pipe is empty and ours alone: eight bytes are written whole or the keeper is dead.
  if (write(report, failure.data(), sizeof failure) < 0) _exit(126);
  _exit(127);
}

void reset_signals() {
  // The numbers that cannot be reset are those that need no reset.
  for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// A server that counts on the usual limit gets it, though the gateway has raised its own.
bool set_descriptor_limit(std::uint64_t descriptors) {
  if (descriptors == 0) return true;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  limit.rlim_cur = std::min<rlim_t>(descriptors, limit.rlim_max);
  return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

[[noreturn]] void become_child(const SpecView& spec, pid_t keeper, int report) {
  setpgid(0, 0);
  reset_signals();
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) give_up(report, SpawnStep::setup);
  if (getppid() != keeper) _exit(127);  // it died before the line above; nobody is left to be told
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) give_up(report, SpawnStep::setup);
  if (!set_descriptor_limit(spec.descriptors)) give_up(report, SpawnStep::setup);
  if (*spec.cwd != '\0' && chdir(spec.cwd) != 0) give_up(report, SpawnStep::directory);
  // All are close-on-exec already; this is for what a library may have opened without it.
  close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  environ = const_cast<char**>(spec.env.data());  // execvp looks the command up in this PATH
  execvp(spec.argv[0], const_cast<char* const*>(spec.argv.data()));
  give_up(report, SpawnStep::exec);
}

// ---- The keeper

class Keeper {
 public:
  Keeper(UniqueFd control, UniqueFd deaths) : control_(std::move(control)), deaths_(std::move(deaths)) {}

  void start(const SpecView& spec);
  void report(const KeeperEvent& event);
  void run();

 private:
  enum class Phase { keeping, terminating, killing };

  void wait();
  int wait_ms() const;
  void read_control();
  void finish_start();
  void reap_family();
  void main_ended(int status);
  void terminate();
  void kill_all();
  void signal_family(int number) const;

  UniqueFd control_;   // empty once the gateway is gone
  UniqueFd deaths_;    // signalfd of SIGCHLD
  UniqueFd starting_;  // until the child has executed its command: where it would say that it cannot
  pid_t main_ = -1;    // until it is reaped
  milliseconds grace_{0};
  Phase phase_ = Phase::keeping;
  Clock::time_point deadline_{};  // of the phase, unless keeping
  bool start_failed_ = false;
  bool more_zombies_ = false;
  bool empty_ = false;  // no descendant is left
};

void Keeper::start(const SpecView& spec) {
  grace_ = spec.grace;
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) return report(ChildNotStarted{{errno, SpawnStep::fork}});
  starting_.reset(fds[0]);
  UniqueFd child_end(fds[1]);
  const pid_t keeper = getpid();
  main_ = fork();
  if (main_ == 0) become_child(spec, keeper, child_end.get());
  if (main_ < 0) {
    const int error = errno;
    starting_.reset();
    return report(ChildNotStarted{{error, SpawnStep::fork}});
  }
  setpgid(main_, main_);  // here too: a signal may have to be sent before the child comes to it
}

void Keeper::report(const KeeperEvent& event) {
  if (!control_) return;
  const auto record = keeper_wire::encode_event(event);
  // A handful of records always fits into an empty socket; if the gateway is gone, end of file tells soon.
  (void)send(control_.get(), record.data(), record.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void Keeper::run() {
  for (reap_family(); !empty_; reap_family()) {
    if (main_ < 0) terminate();  // the others were there for its sake
    wait();
    if (phase_ != Phase::killing || Clock::now() < deadline_) continue;
    return report(FamilyGone{static_cast<int>(family_of(getpid()).size())});
  }
  report(FamilyGone{0});
}

void Keeper::wait() {
  std::array<pollfd, 3> watched = {
      {{control_.get(), POLLIN, 0}, {deaths_.get(), POLLIN, 0}, {starting_.get(), POLLIN, 0}}};
  if (poll(watched.data(), watched.size(), wait_ms()) > 0) {
    if (watched[2].revents != 0) finish_start();
    if (watched[1].revents != 0) {
      signalfd_siginfo ignored;
      (void)!read(deaths_.get(), &ignored, sizeof ignored);
    }
    if (watched[0].revents != 0) read_control();
  }
  if (phase_ == Phase::terminating && Clock::now() >= deadline_) kill_all();
  if (phase_ == Phase::killing) signal_family(SIGKILL);
}

int Keeper::wait_ms() const {
  if (more_zombies_) return 0;
  if (phase_ == Phase::keeping) return -1;
  const auto left = std::chrono::ceil<milliseconds>(deadline_ - Clock::now());
  const auto most = phase_ == Phase::killing ? kill_interval : milliseconds(60'000);
  return static_cast<int>(std::clamp(left, milliseconds(0), most).count());
}

void Keeper::read_control() {
  std::array<char, 64> commands{};
  const ssize_t size = recv(control_.get(), commands.data(), commands.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) {
    control_.reset();
    return terminate();
  }
  for (const char command : std::string_view(commands.data(), static_cast<std::size_t>(size))) {
    if (command == static_cast<char>(KeeperCommand::terminate)) terminate();
    if (command == static_cast<char>(KeeperCommand::kill)) kill_all();
  }
}

// The child's end of the pipe has closed: by exec, by its death, or after the child said why it cannot.
void Keeper::finish_start() {
  std::array<int, 2> failure{};
  start_failed_ = read(starting_.get(), failure.data(), sizeof failure) == sizeof failure;
  starting_.reset();
  if (!start_failed_) return report(ChildStarted{main_});
  report(ChildNotStarted{{failure[0], static_cast<SpawnStep>(failure[1])}});
}

void Keeper::reap_family() {
  more_zombies_ = false;
  for (int count = 0; count < reap_batch; ++count) {
    int status = 0;
    const pid_t ended = waitpid(-1, &status, WNOHANG);
    if (ended == main_ && ended > 0) main_ended(status);
    if (ended > 0) continue;
    empty_ = ended < 0 && errno == ECHILD;
    return;
  }
  more_zombies_ = true;
}

void Keeper::main_ended(int status) {
  if (starting_) finish_start();  // poll saw the death first
  main_ = -1;
  if (!start_failed_) report(ChildEnded{status});
}

void Keeper::terminate() {
  if (phase_ != Phase::keeping) return;
  phase_ = Phase::terminating;
  deadline_ = Clock::now() + grace_;
  signal_family(SIGTERM);
  signal_family(SIGCONT);  // a stopped process takes its TERM only when it continues
}

void Keeper::kill_all() {
  if (phase_ == Phase::killing) return;
  phase_ = Phase::killing;
  deadline_ = Clock::now() + kill_patience;
}

// By group wherever possible: one call reaches all of a group, even while it forks. Every group but ours in
// our session, and every group of a session begun below us, holds family only. A group's number was read from
// a living member a moment ago, and numbers are handed out in a circle, so it is not yet another's. 0 and 1
// would mean us and everyone.
void Keeper::signal_family(int number) const {
  const pid_t self = getpid();
  std::vector<pid_t> targets;
  if (main_ > 0) targets.push_back(-main_);  // also when /proc cannot be read
  for (const Process& process : family_of(self)) {
    const bool by_group = process.group > 1 && process.group != getpgrp();
    targets.push_back(by_group ? -process.group : process.pid);
  }
  std::ranges::sort(targets);
  const auto repeated = std::ranges::unique(targets);
  targets.erase(repeated.begin(), repeated.end());
  for (const pid_t target : targets) kill(target, number);
}

// ---- The process

// All of them, for good: what people send to end programs must not end a keeper. Blocked, not ignored: the
// child comes out of fork with the same mask, and a TERM that reaches it before it has reset its signals
// waits instead of being lost.
UniqueFd block_signals_and_watch_deaths() {
  sigset_t all;
  sigset_t child;
  sigfillset(&all);
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_BLOCK, &all, nullptr);
  signal(SIGCHLD, SIG_DFL);  // ignored, there would be nothing to reap
  return UniqueFd(signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
}

std::string read_spec(const UniqueFd& file) {
  struct stat status{};
  if (fstat(file.get(), &status) != 0 || status.st_size < 0) return {};
  std::string bytes(std::min(static_cast<std::size_t>(status.st_size), max_spec_bytes), '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t size =
        pread(file.get(), bytes.data() + filled, bytes.size() - filled, static_cast<off_t>(filled));
    if (size <= 0) return {};
    filled += static_cast<std::size_t>(size);
  }
  return bytes;
}

// The child's pipes must close when the child's side dies, so the keeper holds none of them, nor a directory.
void let_go_of_what_is_the_childs() {
  const UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  for (const int standard : {0, 1, 2}) {
    if (!null || dup2(null.get(), standard) < 0) close(standard);
  }
  if (chdir("/") != 0) return;  // then it holds one; no harm done
}

}  // namespace

int keeper_main() {
  if (fcntl(keeper_wire::control_fd, F_SETFD, FD_CLOEXEC) != 0 ||
      fcntl(keeper_wire::spec_fd, F_SETFD, FD_CLOEXEC) != 0) {
    std::fputs("sallyport: --keeper is for the gateway to start, not for people\n", stderr);
    return 2;
  }
  setsid();  // already so when the gateway started us
  prctl(PR_SET_NAME, "sally-keeper");
  Keeper keeper(UniqueFd(keeper_wire::control_fd), block_signals_and_watch_deaths());
  {
    UniqueFd file(keeper_wire::spec_fd);
    std::string encoded = read_spec(file);
    file.reset();
    const auto spec = keeper_wire::decode_spec(encoded);
    if (!spec || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
      keeper.report(ChildNotStarted{{spec ? errno : EINVAL, SpawnStep::keeper}});
    } else {
      keeper.start(*spec);
    }
  }
  let_go_of_what_is_the_childs();
  keeper.run();
  return 0;
}

}  // namespace sallyport::net
