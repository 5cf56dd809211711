#include "net/keeper.hpp"

#include "unit/net/child_harness.hpp"

#include <csignal>
#include <cstdio>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::net {
namespace {

using namespace sallyport::net::testing;
using std::chrono::hours;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

// A time that must never pass: the test ends by another way, or fails by its patience.
constexpr hours never{24};

ChildSpec with_grace(ChildSpec spec, milliseconds grace) {
  spec.grace = grace;
  return spec;
}

std::vector<UniqueFd> watch_all(const std::vector<pid_t>& pids) {
  std::vector<UniqueFd> watches;
  for (const pid_t pid : pids) {
    watches.push_back(watch_process(pid));
    EXPECT_TRUE(watches.back()) << pid;
  }
  return watches;
}

bool all_end(const std::vector<UniqueFd>& watches) {
  return std::ranges::all_of(watches, [](const UniqueFd& watch) { return wait_readable(watch.get()); });
}

// A process that stands where the gateway would: it starts a child, passes bytes both ways, and can be
// killed.
class StandInGateway {
 public:
  explicit StandInGateway(const ChildSpec& spec) {
    int up[2];
    int down[2];
    if (pipe2(up, O_CLOEXEC) != 0 || pipe2(down, O_CLOEXEC) != 0) return;
    std::fflush(nullptr);
    pid = fork();
    if (pid == 0) relay(spec, down[0], up[1]);
    close(up[1]);
    close(down[0]);
    from_child_.reset(up[0]);
    to_child_.reset(down[1]);
  }

  bool read_lines(std::ptrdiff_t count) {
    char buffer[256];
    while (std::ranges::count(out, '\n') < count) {
      if (!wait_readable(from_child_.get())) return false;
      const ssize_t size = read(from_child_.get(), buffer, sizeof buffer);
      if (size <= 0) return false;
      out.append(buffer, static_cast<std::size_t>(size));
    }
    return true;
  }

  bool say(std::string_view text) const {
    return write(to_child_.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  }

  pid_t pid = -1;
  std::string out;

 private:
  [[noreturn]] static void relay(const ChildSpec& spec, int from_test, int to_test) {
    setpgid(0, 0);
    std::signal(SIGINT, SIG_IGN);  // the test is about the child
    Running running(spec);
    for (;;) {
      pollfd watched[] = {{from_test, POLLIN, 0}, {running.child.stdout_fd.get(), POLLIN, 0}};
      poll(watched, 2, -1);
      if (watched[0].revents != 0) pass(from_test, running.child.stdin_fd.get());
      if (watched[1].revents != 0) pass(running.child.stdout_fd.get(), to_test);
    }
  }

  static void pass(int from, int to) {
    char buffer[256];
    const ssize_t size = read(from, buffer, sizeof buffer);
    if (size <= 0 || write(to, buffer, static_cast<std::size_t>(size)) != size) _exit(0);
  }

  UniqueFd from_child_;
  UniqueFd to_child_;
};

// Families of every shape. Each prints the ids of its processes, one a line, the daemons' among them.
struct Family {
  const char* name;
  const char* script;
  std::size_t processes;
};

void PrintTo(const Family& family, std::ostream* out) {
  *out << family.name;
}

constexpr Family families[] = {
    {"one", "echo $$; exec sleep 1000", 1},
    {"behind_two_shells",
     R"(echo $$; sh -c 'echo $$; sh -c "echo \$\$; sleep 1000 & echo \$!; exec sleep 1001" & wait; true'; true)",
     4},
    {"behind_two_shells_ignoring_term",
     R"(trap "" TERM; echo $$; sh -c 'echo $$; sh -c "echo \$\$; sleep 1000 & echo \$!; exec sleep 1001" & wait; true'; true)",
     4},
    {"daemon", R"((setsid sh -c 'echo $$; exec sleep 1000' &); echo $$; exec sleep 1001)", 2},
    {"daemon_ignoring_term",
     R"((setsid sh -c 'trap "" TERM; echo $$; exec sleep 1000' &); echo $$; exec sleep 1001)", 2},
    {"daemon_without_stdio",
     R"((setsid sh -c 'echo $$; exec sleep 1000 <&- >&- 2>&-' &); echo $$; exec sleep 1001)", 2},
    {"daemon_of_a_daemon",
     R"((setsid sh -c 'echo $$; (setsid sh -c "trap \"\" TERM; echo \$\$; exec sleep 1000" &); exec sleep 1001' &)
        echo $$; exec sleep 1002)",
     3},
    {"fifty", "trap '' TERM; for i in $(seq 49); do sleep 1000 & echo $!; done; echo $$; wait; true", 50},
    {"stopped", "sh -c 'echo $$; kill -STOP $$; sleep 1000' & echo $$; wait; true", 2},
};

class KeeperFamily : public ::testing::TestWithParam<Family> {};

TEST_P(KeeperFamily, IsGoneAfterAStop) {
  const Orphanage orphanage;
  Running running(with_grace(shell(GetParam().script), milliseconds(100)));
  ASSERT_TRUE(running.pump_lines(GetParam().processes));
  const auto watches = watch_all(pids_in(running.out));
  ASSERT_EQ(watches.size(), GetParam().processes);
  ASSERT_TRUE(send_command(running.child.control_fd.get(), KeeperCommand::terminate));
  ASSERT_TRUE(running.finish());
  EXPECT_TRUE(all_end(watches));
  EXPECT_EQ(running.events.back(), (KeeperEvent{FamilyGone{0}}));
  EXPECT_TRUE(orphanage.empties());
}

TEST_P(KeeperFamily, IsGoneAfterAKill) {
  const Orphanage orphanage;
  Running running(with_grace(shell(GetParam().script), never));
  ASSERT_TRUE(running.pump_lines(GetParam().processes));
  const auto watches = watch_all(pids_in(running.out));
  ASSERT_TRUE(send_command(running.child.control_fd.get(), KeeperCommand::kill));
  ASSERT_TRUE(running.finish());
  EXPECT_TRUE(all_end(watches));
  EXPECT_EQ(running.events.back(), (KeeperEvent{FamilyGone{0}}));
  EXPECT_TRUE(orphanage.empties());
}

TEST_P(KeeperFamily, IsGoneAfterTheGatewayWasKilled) {
  const Orphanage orphanage;
  StandInGateway gateway(with_grace(shell(GetParam().script), milliseconds(100)));
  ASSERT_TRUE(gateway.read_lines(static_cast<std::ptrdiff_t>(GetParam().processes)));
  const auto watches = watch_all(pids_in(gateway.out));
  kill(gateway.pid, SIGKILL);
  EXPECT_TRUE(all_end(watches));
  EXPECT_TRUE(orphanage.empties());  // the keeper itself included
}

TEST_P(KeeperFamily, IsGoneAfterTheMainChildWasKilled) {
  const Orphanage orphanage;
  Running running(with_grace(shell(GetParam().script), milliseconds(100)));
  ASSERT_TRUE(running.pump_lines(GetParam().processes));
  const auto watches = watch_all(pids_in(running.out));
  const auto* started = running.find<ChildStarted>();
  ASSERT_TRUE(started != nullptr || running.pump_until<ChildStarted>());
  kill(running.find<ChildStarted>()->pid, SIGKILL);
  ASSERT_TRUE(running.finish());
  EXPECT_TRUE(all_end(watches));
  EXPECT_EQ(running.events[1], signalled(SIGKILL));
  EXPECT_EQ(running.events.back(), (KeeperEvent{FamilyGone{0}}));
  EXPECT_TRUE(orphanage.empties());
}

INSTANTIATE_TEST_SUITE_P(Families, KeeperFamily, ::testing::ValuesIn(families),
                         [](const auto& family) { return std::string(family.param.name); });

// ---- How a child may end

TEST(Keeper, GivesTheChildItsGrace) {
  Running running(with_grace(shell("trap 'exit 7' TERM; echo ready; while :; do read line; done"), never));
  ASSERT_TRUE(running.pump_lines(1));
  ASSERT_TRUE(send_command(running.child.control_fd.get(), KeeperCommand::terminate));
  ASSERT_TRUE(running.finish());
  EXPECT_EQ(running.events[1], exited(7));
}

TEST(Keeper, KillsWhatIgnoresTermOnceTheGraceIsOver) {
  Running running(
      with_grace(shell("trap '' TERM; echo ready; while :; do sleep 1000; done"), milliseconds(50)));
  ASSERT_TRUE(running.pump_lines(1));
  ASSERT_TRUE(send_command(running.child.control_fd.get(), KeeperCommand::terminate));
  ASSERT_TRUE(running.finish());
  EXPECT_EQ(running.events[1], signalled(SIGKILL));
}

TEST(Keeper, AKillCutsTheGraceShort) {
  Running running(with_grace(shell("trap '' TERM; echo ready; while :; do sleep 1000; done"), never));
  ASSERT_TRUE(running.pump_lines(1));
  ASSERT_TRUE(send_command(running.child.control_fd.get(), KeeperCommand::terminate));
  ASSERT_TRUE(send_command(running.child.control_fd.get(), KeeperCommand::terminate));
  ASSERT_TRUE(send_command(running.child.control_fd.get(), KeeperCommand::kill));
  ASSERT_TRUE(running.finish());
  EXPECT_EQ(running.events[1], signalled(SIGKILL));
}

TEST(Keeper, AStoppedChildStillGetsItsTerm) {
  Running running(with_grace(shell("trap 'exit 7' TERM; echo ready; while :; do read line; done"), never));
  ASSERT_TRUE(running.pump_lines(1));
  ASSERT_TRUE(running.pump_until<ChildStarted>());
  kill(running.find<ChildStarted>()->pid, SIGSTOP);
  ASSERT_TRUE(send_command(running.child.control_fd.get(), KeeperCommand::terminate));
  ASSERT_TRUE(running.finish());
  EXPECT_EQ(running.events[1], exited(7));
}

TEST(Keeper, ATermInTheFirstInstantIsNotLost) {
  for (int round = 0; round < 50; ++round) {
    Running running(with_grace(spec_of("cat"), never));
    ASSERT_TRUE(send_command(running.child.control_fd.get(), KeeperCommand::terminate));
    ASSERT_TRUE(running.finish());
    EXPECT_EQ(running.events[1], signalled(SIGTERM));
  }
}

TEST(Keeper, AChildThatClosesItsStdioIsStillKept) {
  Running running(shell("exec sleep 1000 <&- >&- 2>&-"));
  ASSERT_TRUE(running.pump([&] { return !running.child.stdout_fd && !running.child.stderr_fd; }));
  ASSERT_TRUE(running.pump_until<ChildStarted>());
  EXPECT_EQ(running.find<ChildEnded>(), nullptr);
  ASSERT_TRUE(send_command(running.child.control_fd.get(), KeeperCommand::terminate));
  ASSERT_TRUE(running.finish());
  EXPECT_EQ(running.events[1], signalled(SIGTERM));
}

TEST(Keeper, AChildThatFloodsAnUnreadStderrEnds) {
  const Orphanage orphanage;
  Running running(with_grace(shell("trap '' TERM PIPE; while :; do echo flood >&2; done"), milliseconds(50)));
  ASSERT_TRUE(wait_readable(running.child.stderr_fd.get()));
  ASSERT_TRUE(send_command(running.child.control_fd.get(), KeeperCommand::terminate));
  EXPECT_TRUE(running.finish(false));
  EXPECT_TRUE(orphanage.empties());
}

TEST(Keeper, WhatTheChildLeavesBehindEndsAfterIt) {
  const Orphanage orphanage;
  Running running(with_grace(shell("sleep 1000 & echo $!; exit 5"), never));
  ASSERT_TRUE(running.pump_lines(1));
  ASSERT_TRUE(running.finish());
  EXPECT_EQ(running.events[1], exited(5));
  EXPECT_EQ(running.events.back(), (KeeperEvent{FamilyGone{0}}));
  EXPECT_TRUE(orphanage.empties());
}

// One process that is a new one every moment: what is read in /proc is always out of date, its group is not.
TEST(Keeper, EndsAChainOfForksInASessionOfItsOwn) {
  const Orphanage orphanage;
  Running running(with_grace(shell(R"((setsid sh -c '
      trap "" TERM
      next() { if [ "$1" -gt 0 ]; then next $(($1 - 1)) & exit; fi; echo burnt out; }
      echo ready; next 20000' &)
      exec sleep 1000)"),
                             milliseconds(20)));
  ASSERT_TRUE(running.pump_lines(1));
  ASSERT_TRUE(send_command(running.child.control_fd.get(), KeeperCommand::terminate));
  ASSERT_TRUE(running.finish());
  EXPECT_EQ(running.out, "ready\n");
  EXPECT_EQ(running.events.back(), (KeeperEvent{FamilyGone{0}}));
  EXPECT_TRUE(orphanage.empties());
}

// ---- What must not reach the child, and the keeper's own death

TEST(Keeper, SignalsToTheGatewaysGroupReachNeitherKeeperNorChild) {
  const Orphanage orphanage;
  StandInGateway gateway(
      with_grace(shell("echo $$; read line; echo got $line; exec sleep 1000"), milliseconds(100)));
  ASSERT_TRUE(gateway.read_lines(1));
  kill(-gateway.pid, SIGINT);
  ASSERT_TRUE(gateway.say("hello\n"));
  ASSERT_TRUE(gateway.read_lines(2));
  EXPECT_THAT(gateway.out, HasSubstr("got hello"));
  const pid_t child = pids_in(gateway.out.substr(0, gateway.out.find('\n') + 1)).front();
  EXPECT_NE(getsid(child), getsid(gateway.pid));
  kill(gateway.pid, SIGKILL);
  EXPECT_TRUE(orphanage.empties());
}

TEST(Keeper, IgnoresWhatPeopleSendToEndPrograms) {
  Running running(spec_of("cat"));
  ASSERT_TRUE(running.pump_until<ChildStarted>());
  for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2})
    kill(running.child.keeper_pid, number);
  ASSERT_TRUE(running.say("hello\n"));
  ASSERT_TRUE(running.pump_lines(1));
  running.child.stdin_fd.reset();
  ASSERT_TRUE(running.finish());
  EXPECT_EQ(running.events[1], exited(0));
}

TEST(Keeper, TheChildDiesWithAKeeperThatIsKilled) {
  const Orphanage orphanage;
  Running running(shell("trap '' TERM; echo $$; while :; do read line; done"));
  ASSERT_TRUE(running.pump_lines(1));
  kill(running.child.keeper_pid, SIGKILL);
  EXPECT_TRUE(orphanage.empties());
  EXPECT_TRUE(running.finish());
  EXPECT_EQ(running.find<FamilyGone>(), nullptr);
}

TEST(Keeper, RefusesToRunWithoutItsDescriptors) {
  Running running(spec_of(keeper_path(), {"--keeper"}));
  ASSERT_TRUE(running.finish());
  EXPECT_EQ(running.events[1], exited(2));
  EXPECT_THAT(running.err, HasSubstr("for the gateway to start"));
}

}  // namespace
}  // namespace sallyport::net
