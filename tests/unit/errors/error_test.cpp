#include "errors/error.hpp"

#include "errors/result.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using namespace std::chrono_literals;

TEST(Error, TakesItsDefaultsFromTheCatalog) {
  for (const CatalogRow& row : catalog()) {
    const Error error(row.code);
    EXPECT_EQ(error.code(), row.code);
    EXPECT_EQ(&error.row(), &row);
    EXPECT_EQ(error.kind(), row.kind);
    EXPECT_EQ(error.can_retry(), row.can_retry);
    EXPECT_EQ(error.executed(), Executed::maybe);
  }
}

TEST(Error, StartsWithNothingElse) {
  const Error error(Code::tool_timeout);
  EXPECT_EQ(error.phase(), std::nullopt);
  EXPECT_EQ(error.retry_after(), std::nullopt);
  EXPECT_EQ(error.status_code(), std::nullopt);
  EXPECT_EQ(error.wire_status(), std::nullopt);
  EXPECT_EQ(error.attempts(), 0);
  EXPECT_EQ(error.developer_message(), "");
  EXPECT_TRUE(error.extras().empty());
  EXPECT_EQ(error.cause(), nullptr);
  EXPECT_EQ(error.slot(Slot::server), nullptr);
  EXPECT_EQ(error.spec_data(), "");
}

TEST(Error, KeepsWhatItIsGiven) {
  const Error error = Error(Code::tool_timeout)
                          .with_kind(Kind::upstream_runtime_server_error)
                          .with_executed(Executed::yes)
                          .with_can_retry(false)
                          .with_phase(Phase::wait)
                          .with_retry_after(12s)
                          .with_status_code(429)
                          .with_wire_status(403)
                          .with_attempts(3)
                          .with_developer_message("text")
                          .with_cause(Error(Code::network_dns_error))
                          .with_slot(Slot::server, "files")
                          .with_slot(Slot::seconds, 55)
                          .with_slot(Slot::seconds, 56)
                          .with_extra("a", true)
                          .with_extra("b", std::int64_t{1})
                          .with_extra("a", std::string("x"))
                          .with_spec_data("{}");
  EXPECT_EQ(error.kind(), Kind::upstream_runtime_server_error);
  EXPECT_EQ(error.executed(), Executed::yes);
  EXPECT_FALSE(error.can_retry());
  EXPECT_EQ(error.phase(), Phase::wait);
  EXPECT_EQ(error.retry_after(), 12s);
  EXPECT_EQ(error.status_code(), 429);
  EXPECT_EQ(error.wire_status(), 403);
  EXPECT_EQ(error.attempts(), 3);
  EXPECT_EQ(error.developer_message(), "text");
  ASSERT_NE(error.cause(), nullptr);
  EXPECT_EQ(error.cause()->code(), Code::network_dns_error);
  EXPECT_EQ(*error.slot(Slot::server), SlotValue("files"));
  EXPECT_EQ(*error.slot(Slot::seconds), SlotValue(std::int64_t{56}));
  ASSERT_EQ(error.extras().size(), 2u);
  EXPECT_EQ(std::get<std::string>(error.extras()[0].value), "x");
  EXPECT_EQ(error.spec_data(), "{}");
}

TEST(Error, CopiesOnWriteEveryMember) {
  Error original = Error(Code::tool_timeout)
                       .with_kind(Kind::unknown)
                       .with_executed(Executed::no)
                       .with_can_retry(false)
                       .with_phase(Phase::send)
                       .with_retry_after(1s)
                       .with_status_code(500)
                       .with_wire_status(501)
                       .with_attempts(2)
                       .with_developer_message("before")
                       .with_cause(Error(Code::network_ssl_error))
                       .with_slot(Slot::tool, "t")
                       .with_extra("k", true)
                       .with_spec_data("{1}")
                       .note("first");
  Error copy = original;
  copy.with_developer_message("after");
  EXPECT_EQ(original.developer_message(), "before");
  EXPECT_EQ(copy.developer_message(), "after");
  EXPECT_EQ(copy.kind(), Kind::unknown);
  EXPECT_EQ(copy.executed(), Executed::no);
  EXPECT_FALSE(copy.can_retry());
  EXPECT_EQ(copy.phase(), Phase::send);
  EXPECT_EQ(copy.retry_after(), 1s);
  EXPECT_EQ(copy.status_code(), 500);
  EXPECT_EQ(copy.wire_status(), 501);
  EXPECT_EQ(copy.attempts(), 2);
  EXPECT_EQ(copy.cause()->code(), Code::network_ssl_error);
  EXPECT_EQ(*copy.slot(Slot::tool), SlotValue("t"));
  EXPECT_EQ(copy.extras().size(), 1u);
  EXPECT_EQ(copy.spec_data(), "{1}");
  EXPECT_EQ(copy.notes().size(), 2u);

  copy.note("second").with_slot(Slot::tool, "u").with_extra("l", true);
  EXPECT_EQ(original.notes().size(), 2u);
  EXPECT_EQ(*original.slot(Slot::tool), SlotValue("t"));
  EXPECT_EQ(original.extras().size(), 1u);
}

TEST(Error, MayBeGivenItsOwnText) {
  Error error =
      Error(Code::tool_timeout).with_developer_message("password=x and more").with_slot(Slot::tool, "abc");
  error.with_developer_message(error.developer_message().substr(9));
  EXPECT_EQ(error.developer_message(), "[secret] and more");
  error.with_cause(error);
  EXPECT_EQ(error.cause()->developer_message(), "[secret] and more");
  EXPECT_EQ(error.cause()->cause(), nullptr);
}

TEST(Error, SurvivesEveryAssignment) {
  Error a(Code::tool_timeout);
  Error b(Code::network_timeout);
  Error& same = a;
  a = same;
  EXPECT_EQ(a.code(), Code::tool_timeout);
  a = std::move(same);
  EXPECT_EQ(a.code(), Code::tool_timeout);
  a = b;
  Error c = std::move(b);
  b = a;
  EXPECT_EQ(a.code(), Code::network_timeout);
  EXPECT_EQ(b.code(), Code::network_timeout);
  EXPECT_EQ(c.code(), Code::network_timeout);
}

TEST(Error, NotesSayWhereItWasMadeAndWhereItPassed) {
  const auto line = std::source_location::current().line() + 1;
  Error error(Code::tool_timeout);
  ASSERT_EQ(error.notes().size(), 1u);
  EXPECT_EQ(error.notes()[0].where.line(), line);
  EXPECT_EQ(error.notes()[0].text, "");
  error.note("while listing");
  ASSERT_EQ(error.notes().size(), 2u);
  EXPECT_EQ(error.notes()[0].where.line(), line);
  EXPECT_EQ(error.notes()[1].text, "while listing");
  EXPECT_EQ(error.notes()[1].where.line(), line + 4);
}

TEST(Error, RedactsDeveloperText) {
  const Error error =
      Error(Code::tool_timeout)
          .with_developer_message("GET https://u:p@h/x?q=canary with Bearer canary-0123456789")
          .note("token=canary");
  EXPECT_EQ(error.developer_message(), "GET https://h/x with Bearer [secret]");
  EXPECT_EQ(error.notes()[1].text, "token=[secret]");
  EXPECT_LE(
      Error(Code::tool_timeout).with_developer_message(std::string(10'000, 'x')).developer_message().size(),
      512u);
}

TEST(Error, IsBoundedInEveryDirection) {
  Error error(Code::tool_timeout);
  for (int i = 0; i < 1000; ++i) {
    error.note(std::string(1000, 'n')).with_extra("k" + std::to_string(i), std::string(10'000, 'e'));
    error.with_slot(Slot::tool, std::string(10'000, 's'));
  }
  EXPECT_EQ(error.notes().size(), 16u);
  EXPECT_LE(error.notes().back().text.size(), 256u);
  EXPECT_EQ(error.extras().size(), 32u);
  EXPECT_LE(std::get<std::string>(error.extras()[0].value).size(), 256u);
  EXPECT_LE(std::get<std::string>(*error.slot(Slot::tool)).size(), 256u);
}

TEST(Error, ALongChainKeepsHeadAndRoot) {
  Error error = Error(Code::network_dns_error);
  for (int i = 1; i <= 10'000; ++i) {
    Error next = Error(Code::tool_server_unavailable).with_attempts(i);
    next.with_cause(std::move(error));
    error = std::move(next);
  }
  EXPECT_EQ(error.attempts(), 10'000);
  int depth = 0;
  const Error* last = &error;
  for (; last->cause() != nullptr; last = last->cause()) ++depth;
  EXPECT_EQ(depth, 16);
  EXPECT_EQ(last->code(), Code::network_dns_error);
}

// Under ThreadSanitizer this is the proof that sharing is safe.
TEST(Error, IsSharedBetweenThreads) {
  const Error shared = Error(Code::tool_timeout).with_developer_message("shared").with_slot(Slot::tool, "t");
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([shared, &wrong, t] {
        for (int i = 0; i < 2000; ++i) {
          Error mine = shared;
          mine.with_attempts(t).note("thread");
          const Error second = mine;
          if (mine.attempts() != t || second.notes().size() != 2 || shared.attempts() != 0) ++wrong;
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(shared.notes().size(), 1u);
  EXPECT_EQ(shared.developer_message(), "shared");
}

TEST(Names, OfExecutedAndPhase) {
  EXPECT_EQ(name(Executed::no), "no");
  EXPECT_EQ(name(Executed::yes), "yes");
  EXPECT_EQ(name(Phase::spawn), "spawn");
  EXPECT_EQ(name(Phase::decode), "decode");
}

Result<int> half(int value) {
  if (value % 2 != 0) return fail(Error(Code::tool_invalid_args).with_attempts(value));
  return value / 2;
}

Result<> check(int value) {
  if (value > 100) return fail(Error(Code::limit_request_too_large));
  return {};
}

Result<int> quarter(int value) {
  TRY(check(value));
  const int halved = TRY(half(value));
  return TRY(half(halved));
}

TEST(Try, LeavesWithTheFirstError) {
  EXPECT_EQ(quarter(8), 2);
  EXPECT_EQ(quarter(7).error().attempts(), 7);
  EXPECT_EQ(quarter(6).error().attempts(), 3);
  EXPECT_EQ(quarter(101).error().code(), Code::limit_request_too_large);
}

TEST(Try, MovesWhatCannotBeCopied) {
  const auto make = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(7); };
  const auto use = [&]() -> Result<int> { return *TRY(make()); };
  EXPECT_EQ(use(), 7);
}

}  // namespace
}  // namespace sallyport
