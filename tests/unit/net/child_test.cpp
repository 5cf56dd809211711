#include "net/child.hpp"

#include "net/descriptor_limit.hpp"
#include "net/keeper.hpp"
#include "unit/net/child_harness.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

namespace sallyport::net {
namespace {

using namespace sallyport::net::testing;
using ::testing::ElementsAre;
using ::testing::MatchesRegex;
using ::testing::VariantWith;

std::string bytes_of(const std::vector<KeeperEvent>& events) {
  std::string bytes;
  for (const KeeperEvent& event : events) {
    const auto record = keeper_wire::encode_event(event);
    bytes.append(record.data(), record.size());
  }
  return bytes;
}

// ---- The bytes between gateway and keeper

TEST(KeeperEvents, SurviveAnySplit) {
  const std::vector<KeeperEvent> events = {ChildStarted{4711}, ChildNotStarted{{EACCES, SpawnStep::exec}},
                                           exited(255), signalled(SIGKILL), FamilyGone{3}};
  const std::string bytes = bytes_of(events);
  for (std::size_t first = 0; first <= bytes.size(); ++first) {
    for (std::size_t second = first; second <= bytes.size(); ++second) {
      KeeperEventParser parser;
      std::vector<KeeperEvent> parsed;
      const std::string_view all = bytes;
      EXPECT_TRUE(parser.feed(all.substr(0, first), parsed));
      EXPECT_TRUE(parser.feed(all.substr(first, second - first), parsed));
      EXPECT_TRUE(parser.feed(all.substr(second), parsed));
      ASSERT_EQ(parsed, events) << first << ' ' << second;
    }
  }
}

TEST(KeeperEvents, RefusesWhatAKeeperNeverSays) {
  std::vector<KeeperEvent> parsed;
  EXPECT_FALSE(KeeperEventParser().feed(std::string("\x05\0\0\0\0\0\0\0", 8), parsed));
  EXPECT_FALSE(KeeperEventParser().feed(std::string("\xff\0\0\0\0\0\0\0", 8), parsed));
  EXPECT_FALSE(KeeperEventParser().feed(std::string("\x01\x63\0\0\0\0\0\0", 8), parsed));
  EXPECT_FALSE(KeeperEventParser().feed(std::string("\x01\x80\0\0\0\0\0\0", 8), parsed));
  EXPECT_TRUE(parsed.empty());
}

TEST(KeeperSpec, ReadsBackWhatWasWritten) {
  ChildSpec spec;
  spec.command = "node";
  spec.args = {"server.js", "", "two words"};
  spec.env = {{"A", "1"}, {"EMPTY", ""}, {"EQUALS", "a=b"}};
  spec.cwd = "/srv";
  spec.grace = std::chrono::milliseconds(1234);
  spec.descriptors = 777;
  std::string encoded = keeper_wire::encode_spec(spec).value();
  const auto view = keeper_wire::decode_spec(encoded);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->grace, spec.grace);
  EXPECT_EQ(view->descriptors, 777U);
  EXPECT_STREQ(view->cwd, "/srv");
  ASSERT_EQ(view->argv.size(), 5U);
  ASSERT_EQ(view->env.size(), 4U);
  EXPECT_EQ(view->argv.back(), nullptr);
  EXPECT_EQ(view->env.back(), nullptr);
  const auto strings = [](const std::vector<char*>& list) {
    return std::vector<std::string>(list.begin(), list.end() - 1);
  };
  EXPECT_THAT(strings(view->argv), ElementsAre("node", "server.js", "", "two words"));
  EXPECT_THAT(strings(view->env), ElementsAre("A=1", "EMPTY=", "EQUALS=a=b"));
}

TEST(KeeperSpec, EveryTruncationIsRefused) {
  std::string encoded = keeper_wire::encode_spec(spec_of("cat", {"-u"})).value();
  for (std::size_t size = 0; size < encoded.size(); ++size) {
    std::string part = encoded.substr(0, size);
    EXPECT_FALSE(keeper_wire::decode_spec(part)) << size;
  }
  encoded += "more";
  EXPECT_FALSE(keeper_wire::decode_spec(encoded));
}

TEST(KeeperSpec, WhatExecCouldNotTakeIsRefusedBeforeAnythingStarts) {
  const std::string nul("a\0b", 3);
  const auto error_of = [](auto change) {
    ChildSpec spec = spec_of("cat");
    change(spec);
    const auto child = spawn_child(spec);
    return child ? exited(0) : not_started(child.error());
  };
  const KeeperEvent invalid = not_started({EINVAL, SpawnStep::prepare});
  EXPECT_EQ(error_of([](ChildSpec& spec) { spec.command.clear(); }), invalid);
  EXPECT_EQ(error_of([&](ChildSpec& spec) { spec.command = nul; }), invalid);
  EXPECT_EQ(error_of([&](ChildSpec& spec) { spec.args = {nul}; }), invalid);
  EXPECT_EQ(error_of([&](ChildSpec& spec) { spec.cwd = nul; }), invalid);
  EXPECT_EQ(error_of([&](ChildSpec& spec) { spec.env["A"] = nul; }), invalid);
  EXPECT_EQ(error_of([](ChildSpec& spec) { spec.env[""] = "x"; }), invalid);
  EXPECT_EQ(error_of([](ChildSpec& spec) { spec.env["A=B"] = "x"; }), invalid);
  EXPECT_EQ(error_of([](ChildSpec& spec) { spec.args = {std::string(max_spec_bytes, 'x')}; }),
            not_started({E2BIG, SpawnStep::prepare}));
}

TEST(ChildEnvironment, IsTheListAndTheConfigured) {
  const char* const own[] = {"PATH=/bin",       "HOME=/root",   "USER=u",       "LOGNAME=u",
                             "SHELL=/bin/sh",   "TERM=xterm",   "LANG=C.UTF-8", "LC_ALL=C",
                             "LC_TIME=de",      "TZ=UTC",       "TMPDIR=/t",    "TOKEN=secret",
                             "LD_PRELOAD=x.so", "PATHOLOGY=no", "broken",       nullptr};
  const std::map<std::string, std::string> expected = {
      {"PATH", "/opt/bin"}, {"HOME", "/root"},   {"USER", "u"},    {"LOGNAME", "u"},
      {"SHELL", "/bin/sh"}, {"TERM", "xterm"},   {"LC_ALL", "C"},  {"LC_TIME", "de"},
      {"TZ", "UTC"},        {"LANG", "C.UTF-8"}, {"TMPDIR", "/t"}, {"API_KEY", "k"}};
  EXPECT_EQ(child_environment({{"PATH", "/opt/bin"}, {"API_KEY", "k"}}, own), expected);
}

// ---- Real processes

TEST(Child, EchoesAndEndsWithItsStdin) {
  Running running(spec_of("cat"));
  ASSERT_TRUE(running.say("hello\n"));
  ASSERT_TRUE(running.pump_lines(1));
  EXPECT_EQ(running.out, "hello\n");
  running.child.stdin_fd.reset();
  ASSERT_TRUE(running.finish());
  EXPECT_THAT(running.events, ElementsAre(VariantWith<ChildStarted>(::testing::_), exited(0),
                                          VariantWith<FamilyGone>(FamilyGone{0})));
}

TEST(Child, ItsPipesCloseWhenItEnds) {
  Running running(shell("echo out; echo err >&2"));
  ASSERT_TRUE(running.pump([&] { return !running.child.stdout_fd && !running.child.stderr_fd; }));
  EXPECT_EQ(running.out, "out\n");
  EXPECT_EQ(running.err, "err\n");
  EXPECT_TRUE(running.finish());
}

TEST(Child, ReportsHowItEnded) {
  struct Row {
    const char* script;
    KeeperEvent event;
  };
  const Row rows[] = {{"exit 0", exited(0)},
                      {"exit 3", exited(3)},
                      {"exit 255", exited(255)},
                      {"kill -9 $$", signalled(SIGKILL)},
                      {"kill -SEGV $$", signalled(SIGSEGV)}};
  for (const Row& row : rows) {
    Running running(shell(row.script));
    ASSERT_TRUE(running.finish()) << row.script;
    ASSERT_EQ(running.events.size(), 3U) << row.script;
    EXPECT_EQ(running.events[1], row.event) << row.script;
  }
}

TEST(Child, ReportsWhyItCouldNotStart) {
  const std::filesystem::path directory =
      std::filesystem::path(::testing::TempDir()) / "sallyport_child_test";
  std::filesystem::create_directories(directory);
  const std::string plain_file = directory / "not_executable";
  std::ofstream(plain_file) << "text\n";
  ::chmod(plain_file.c_str(), 0600);
  const std::string orphaned_script = directory / "no_interpreter";
  std::ofstream(orphaned_script) << "#!/nonexistent/interpreter\n";
  ::chmod(orphaned_script.c_str(), 0700);

  struct Row {
    std::string command;
    std::string cwd;
    SpawnFailure failure;
  };
  const Row rows[] = {{"sallyport-no-such-command", "", {ENOENT, SpawnStep::exec}},
                      {"/nonexistent/command", "", {ENOENT, SpawnStep::exec}},
                      {orphaned_script, "", {ENOENT, SpawnStep::exec}},
                      {plain_file, "", {EACCES, SpawnStep::exec}},
                      {plain_file + "/below", "", {ENOTDIR, SpawnStep::exec}},
                      {"cat", "/nonexistent", {ENOENT, SpawnStep::directory}},
                      {"cat", plain_file, {ENOTDIR, SpawnStep::directory}}};
  for (const Row& row : rows) {
    ChildSpec spec = spec_of(row.command);
    spec.cwd = row.cwd;
    Running running(spec);
    ASSERT_TRUE(running.finish()) << row.command << ' ' << row.cwd;
    EXPECT_EQ(running.events, (std::vector<KeeperEvent>{ChildNotStarted{row.failure}, FamilyGone{0}}))
        << row.command << ' ' << row.cwd;
  }
  std::filesystem::remove_all(directory);
}

TEST(Child, AKeeperThatCannotStartIsAFailure) {
  ChildSpec spec = spec_of("cat");
  spec.keeper_path = "/nonexistent/keeper";
  const auto child = spawn_child(spec);
  ASSERT_FALSE(child);
  EXPECT_EQ(not_started(child.error()), not_started({ENOENT, SpawnStep::keeper}));
}

TEST(Child, RunningOutOfDescriptorsIsAFailureAndLeaksNone) {
  const auto open_descriptors = [] {
    return std::ranges::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                                 std::filesystem::directory_iterator());
  };
  const auto before = open_descriptors();
  const ChildSpec spec = spec_of("cat");
  rlimit original{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &original), 0);
  int failures = 0;
  for (rlim_t room = 6; room < 64; ++room) {
    const rlimit tight{room, original.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
    auto child = spawn_child(spec);
    setrlimit(RLIMIT_NOFILE, &original);
    if (child) {
      child->control_fd.reset();
      ASSERT_TRUE(wait_readable(child->keeper_fd.get()));
      EXPECT_TRUE(reap(child->keeper_pid));
      continue;
    }
    ++failures;
    EXPECT_EQ(not_started(child.error()), not_started({EMFILE, SpawnStep::pipes})) << room;
  }
  EXPECT_GT(failures, 5);
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Child, GetsExactlyItsEnvironmentArgumentsAndDirectory) {
  ChildSpec spec = spec_of("/usr/bin/env");
  spec.env = {{"ONE", "1"}, {"TWO", "with = and space"}};
  Running environment(spec);
  ASSERT_TRUE(environment.finish());
  EXPECT_EQ(environment.out, "ONE=1\nTWO=with = and space\n");

  spec = spec_of("sh", {"-c", "pwd; echo \"$0|$1|$2\"", "a b", "", "*"});
  spec.cwd = "/usr";
  Running shell_child(spec);
  ASSERT_TRUE(shell_child.finish());
  EXPECT_EQ(shell_child.out, "/usr\na b||*\n");
}

TEST(Child, IsLookedUpInItsOwnPath) {
  ChildSpec spec = spec_of("cat");
  spec.env["PATH"] = "/nonexistent";
  Running running(spec);
  ASSERT_TRUE(running.finish());
  ASSERT_FALSE(running.events.empty());
  EXPECT_EQ(running.events[0], (KeeperEvent{ChildNotStarted{{ENOENT, SpawnStep::exec}}}));
}

TEST(Child, HasItsThreeDescriptorsAndNoOther) {
  const UniqueFd leaked(open("/dev/null", O_RDONLY));  // deliberately without O_CLOEXEC
  ASSERT_TRUE(leaked);
  Running running(shell("ls /proc/$$/fd; true"));
  ASSERT_TRUE(running.finish());
  EXPECT_EQ(running.out, "0\n1\n2\n");
}

TEST(Child, StartsWithDefaultSignalsAndWithoutNewPrivileges) {
  const auto previous = std::signal(SIGPIPE, SIG_IGN);
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  Running running(spec_of("grep", {"-E", "^(SigBlk|SigIgn|NoNewPrivs):", "/proc/self/status"}));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  std::signal(SIGPIPE, previous);
  ASSERT_TRUE(running.finish());
  // posix_spawn of glibc leaves 32 and 33, its own two, ignored in everything that it starts.
  EXPECT_THAT(running.out,
              MatchesRegex("SigBlk:\t0000000000000000\nSigIgn:\t0000000(0|1)(0|8)0000000\nNoNewPrivs:\t1\n"));
}

TEST(Child, KeepsTheDescriptorLimitThatTheGatewayWasStartedWith) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = std::min<rlim_t>(before.rlim_max - 1, 200);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  raise_descriptor_limit();
  rlimit raised{};
  getrlimit(RLIMIT_NOFILE, &raised);
  EXPECT_EQ(raised.rlim_cur, before.rlim_max);
  EXPECT_EQ(raised.rlim_max, before.rlim_max);
  EXPECT_EQ(original_descriptor_limit(), low.rlim_cur);
  ChildSpec spec = shell("ulimit -Sn; ulimit -Hn");
  spec.descriptors = original_descriptor_limit();
  Running running(spec);
  setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_TRUE(running.finish());
  const std::string hard = before.rlim_max == RLIM_INFINITY ? "unlimited" : std::to_string(before.rlim_max);
  EXPECT_EQ(running.out, std::to_string(low.rlim_cur) + "\n" + hard + "\n");
}

TEST(Child, TheKeeperShowsNothingOfTheCommandAndHoldsNoneOfItsPipes) {
  ChildSpec spec = spec_of("cat");
  spec.env["API_KEY"] = "a-secret";
  Running running(spec);
  ASSERT_TRUE(running.pump_until<ChildStarted>());
  const std::string proc = "/proc/" + std::to_string(running.child.keeper_pid);
  const auto content = [&](const char* name) {
    std::ifstream file(proc + name);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  ASSERT_TRUE(running.say("hello\n"));
  ASSERT_TRUE(running.pump_lines(1));
  EXPECT_EQ(content("/cmdline"), std::string("sally-keeper\0--keeper\0", 22));
  EXPECT_EQ(content("/comm"), "sally-keeper\n");
  EXPECT_EQ(content("/environ").find("a-secret"), std::string::npos);
  running.child.stdin_fd.reset();
  // End of file at cat proves that the keeper holds no writing end either.
  EXPECT_TRUE(running.finish());
}

TEST(Child, StartsWhereStandardDescriptorsAreClosed) {
  std::fflush(nullptr);  // what stands in stdout's buffer must not be written to a pipe that takes its number
  const pid_t gateway = fork();
  if (gateway == 0) {
    for (const int standard : {0, 1, 2}) close(standard);
    Running running(shell("read line; test \"$line\" = hello"));
    const bool spoken = running.say("hello\n") && running.finish();
    const auto* ended = running.find<ChildEnded>();
    _exit(spoken && ended != nullptr && ended->wait_status == 0 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(gateway, &status, 0), gateway);
  EXPECT_EQ(status, 0);
}

TEST(Child, CommandsToADeadKeeperFailQuietly) {
  Running running(shell("exit 0"));
  ASSERT_TRUE(wait_readable(running.child.keeper_fd.get()));
  EXPECT_FALSE(send_command(running.child.control_fd.get(), KeeperCommand::terminate));
  EXPECT_TRUE(running.finish());
  EXPECT_TRUE(reap(running.child.keeper_pid));  // again: nothing is left to reap
}

}  // namespace
}  // namespace sallyport::net
