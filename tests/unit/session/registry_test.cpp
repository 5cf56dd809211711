// Sessions: whose they are, how many there may be, when they go, and what each costs.
#include "session/registry.hpp"

#include "support/manual_timers.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace {
std::size_t allocated = 0;  // bytes asked for so far; what is given back is not subtracted
}  // namespace

#if !__has_feature(thread_sanitizer)  // which brings its own, and lets nobody replace them
// NOLINTBEGIN: the program's own allocation functions, so that a test can count
void* operator new(std::size_t size) {
  allocated += size;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
// NOLINTEND
#endif

namespace sallyport::session {
namespace {

using protocol::Revision;
using std::chrono::minutes;
using testing::ManualTimers;

struct Sessions {
  explicit Sessions(SessionLimits limits = {}) : registry(timers, limits) {}
  std::shared_ptr<Session> make(std::string_view principal = "alice", std::string_view endpoint = "/mcp") {
    auto session = registry.create(principal, endpoint, Revision::v2025_06_18);
    EXPECT_TRUE(session);
    return *session;
  }
  bool has(const std::shared_ptr<Session>& session) {
    return registry.find(session->id, session->principal, session->endpoint).has_value();
  }
  ManualTimers timers;
  Registry registry;
};

TEST(Registry, FindsASessionForWhoMadeItWhereItWasMade) {
  Sessions sessions;
  const auto session = sessions.make("alice", "/mcp/files");
  EXPECT_EQ(session->revision, Revision::v2025_06_18);
  EXPECT_EQ(sessions.registry.find(session->id, "alice", "/mcp/files").value(), session);
  struct {
    std::string id, principal, endpoint;
  } const strangers[] = {
      {session->id, "bob", "/mcp/files"}, {session->id, "alice", "/mcp"},
      {session->id, "", "/mcp/files"},    {"unknown", "alice", "/mcp/files"},
      {"", "alice", "/mcp/files"},        {session->id + "x", "alice", "/mcp/files"},
  };
  for (const auto& [id, principal, endpoint] : strangers) {
    const auto found = sessions.registry.find(id, principal, endpoint);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code(), Code::proto_session_unknown);
    EXPECT_EQ(found.error().executed(), Executed::no);
  }
}

TEST(Registry, IdsAreLongAndNeverTheSame) {
  Sessions sessions;
  std::vector<std::string> ids;
  for (int i = 0; i < 500; ++i) ids.push_back(sessions.make()->id);
  std::ranges::sort(ids);
  EXPECT_EQ(std::ranges::adjacent_find(ids), ids.end());
  EXPECT_GE(ids[0].size(), 22u) << "128 bits in any encoding";
}

TEST(Registry, CapsPerPrincipalAndInAll) {
  Sessions sessions({.total = 5, .per_principal = 3});
  const auto refused = [&](std::string_view principal, std::int64_t limit) {
    const auto result = sessions.registry.create(principal, "/mcp", Revision::v2025_06_18);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), Code::limit_too_many_sessions);
    EXPECT_EQ(result.error().executed(), Executed::no);
    EXPECT_TRUE(result.error().retry_after());
    EXPECT_EQ(std::get<std::int64_t>(*result.error().slot(Slot::limit)), limit);
  };
  const auto first = sessions.make("alice");
  (void)sessions.make("alice"), (void)sessions.make("alice");
  refused("alice", 3);
  (void)sessions.make("bob"), (void)sessions.make("bob");
  refused("bob", 5);
  refused("carol", 5);
  sessions.registry.remove(*first);
  EXPECT_EQ(sessions.registry.size(), 4u);
  (void)sessions.make("alice");
  refused("alice", 3);
}

TEST(Registry, IdleSessionsGoTheLongestIdleFirst) {
  Sessions sessions({.idle = minutes(30)});
  const auto first = sessions.make();
  sessions.timers.advance(minutes(10));
  const auto second = sessions.make();
  const auto third = sessions.make();
  sessions.timers.advance(minutes(10));
  {
    const Registry::Use use(sessions.registry, first);
  }  // now the third is the one idle for longest, with the second
  {
    const Registry::Use use(sessions.registry, second);
  }
  sessions.timers.advance(minutes(20));
  EXPECT_FALSE(sessions.has(third));
  EXPECT_TRUE(sessions.has(first));
  EXPECT_TRUE(sessions.has(second));
  sessions.timers.advance(minutes(14));
  EXPECT_EQ(sessions.registry.size(), 0u);
  EXPECT_EQ(sessions.timers.size(), 0u) << "nothing is left to wake up for";
}

TEST(Registry, ASessionInUseIsNotIdle) {
  Sessions sessions({.idle = minutes(30)});
  const auto busy = sessions.make();
  const auto idle = sessions.make();
  {
    const Registry::Use use(sessions.registry, busy);
    const Registry::Use again(sessions.registry, busy);
    sessions.timers.advance(minutes(300));
    EXPECT_TRUE(sessions.has(busy));
    EXPECT_FALSE(sessions.has(idle)) << "one in use does not keep those behind it";
  }
  EXPECT_TRUE(sessions.has(busy)) << "its time begins when the last use ends";
  sessions.timers.advance(minutes(34));
  EXPECT_FALSE(sessions.has(busy));
}

TEST(Registry, OtherLimitsHoldAtOnceAndEndNobodysSession) {
  Sessions sessions({.idle = minutes(30), .total = 10});
  const auto first = sessions.make();
  const auto second = sessions.make();
  sessions.registry.set_limits({.idle = minutes(8), .total = 1}, {});
  EXPECT_EQ(sessions.registry.size(), 2u);
  EXPECT_FALSE(sessions.registry.create("alice", "/mcp", Revision::v2025_06_18));
  sessions.timers.advance(minutes(8));
  EXPECT_EQ(sessions.registry.size(), 0u) << "the shorter time counts from their last use";
  (void)sessions.make();
}

struct Reader final : StreamReader {
  bool event(std::uint64_t, std::string_view, Weight) override { return true; }
  void finished() override {}
  void replaced() override { ++detached; }
  int detached = 0;
};

TEST(Registry, RemovalCancelsCallsAndDetachesTheStream) {
  Sessions sessions;
  auto session = sessions.make();
  Reader stream;
  session->events.standing()->attach(stream);
  task::Scope scope;
  Running running("1", scope);
  session->running.add(running);
  sessions.registry.remove(*session);
  EXPECT_TRUE(scope.cancelled());
  EXPECT_EQ(stream.detached, 1);
  sessions.registry.remove(*session);
  EXPECT_EQ(stream.detached, 1) << "once";
  session->running.remove(running);
}

TEST(Registry, ASessionMayBeRemovedWhileItIsUsed) {
  Sessions sessions;
  auto session = sessions.make();
  {
    const Registry::Use use(sessions.registry, std::move(session));
    sessions.registry.remove(*use);
    EXPECT_EQ(use->principal, "alice");
    EXPECT_EQ(sessions.registry.size(), 0u);
  }
  (void)sessions.make();
}

TEST(Registry, MayGoBeforeItsSessions) {
  auto sessions = std::make_unique<Sessions>();
  const auto session = sessions->make();
  sessions.reset();
  EXPECT_EQ(session->principal, "alice");
}

TEST(Registry, TenThousandSessionsCostLittleEach) {
  if (__has_feature(thread_sanitizer)) GTEST_SKIP() << "allocations are not counted";
  constexpr std::size_t count = 10'000;
  Sessions sessions({.total = count, .per_principal = count});
  const std::size_t before = allocated;
  for (std::size_t i = 0; i < count; ++i)
    (void)sessions.make("a principal with a rather long name", "/mcp/some-server");
  const std::size_t each = (allocated - before) / count;
  EXPECT_GT(each, sizeof(Session)) << "else nothing was counted";
  EXPECT_LT(each, 2048u);
}

TEST(RunningCalls, AnIdIsItsRawText) {
  RunningCalls calls;
  task::Scope number, text;
  Running one("1", number);
  Running quoted("\"1\"", text);
  calls.add(one);
  calls.add(quoted);
  EXPECT_FALSE(calls.cancel("2"));
  EXPECT_FALSE(calls.cancel(""));
  EXPECT_FALSE(calls.cancel("1.0"));
  EXPECT_TRUE(calls.cancel("\"1\""));
  EXPECT_TRUE(text.cancelled());
  EXPECT_FALSE(number.cancelled());
  EXPECT_TRUE(calls.cancel("1"));
  EXPECT_TRUE(number.cancelled());
  EXPECT_EQ(number.reason(), task::CancelReason::client);
  calls.remove(one);
  EXPECT_FALSE(calls.cancel("1"));
  calls.remove(quoted);
  EXPECT_TRUE(calls.empty());
}

// A call that ends, and leaves the list, from inside its own cancellation.
struct Leaving final : task::Interruptible {
  Leaving(RunningCalls& calls, std::string_view id) : list(&calls), running(id, scope) {
    scope.enter(*this);
    calls.add(running);
  }
  void interrupt() noexcept override { list->remove(running); }
  RunningCalls* list;
  task::Scope scope;
  Running running;
};

TEST(RunningCalls, CancelAllReachesThoseBehindOneThatEndsAtOnce) {
  RunningCalls calls;
  Leaving one(calls, "1"), two(calls, "2"), three(calls, "3");
  calls.cancel_all(task::CancelReason::shutdown);
  EXPECT_TRUE(calls.empty());
  EXPECT_EQ(three.scope.reason(), task::CancelReason::shutdown);
}

}  // namespace
}  // namespace sallyport::session
