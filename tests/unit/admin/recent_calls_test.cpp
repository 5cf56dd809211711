#include "admin/recent_calls.hpp"

#include "unit/admin/records.hpp"

#include <string>

#include <gtest/gtest.h>

namespace sallyport::admin {
namespace {

using namespace testing;

TEST(RecentCalls, KeepsTheLastOnesByNumber) {
  RecentCalls recent(3);
  EXPECT_EQ(recent.first(), recent.next());
  for (int i = 1; i <= 5; ++i) {
    const std::string tool = "t" + std::to_string(i);
    recent.add(call("s", tool));
  }
  EXPECT_EQ(recent.first(), 3u);
  EXPECT_EQ(recent.next(), 6u);
  for (std::uint64_t number = 3; number < 6; ++number) {
    EXPECT_EQ(recent.at(number).number, number);
    EXPECT_EQ(recent.at(number).target(), "t" + std::to_string(number));
  }
}

TEST(RecentCalls, AnErrorDoesNotOutliveItsCall) {
  RecentCalls recent(1);
  const Error error(Code::tool_timeout);
  auto record = failed_call();
  record.error = &error;
  recent.add(record);
  EXPECT_TRUE(recent.at(1).error);
  recent.add(call());
  EXPECT_FALSE(recent.at(2).error);
}

RecentCall kept(const telemetry::CallRecord& record) {
  RecentCalls recent(1);
  recent.add(record);
  return recent.at(1);
}

TEST(CallFilter, ShowsCallsUnlessAllIsAskedFor) {
  CallFilter filter;
  EXPECT_TRUE(filter.matches(kept(call())));
  EXPECT_FALSE(filter.matches(kept(listing())));
  filter.requests = CallFilter::Requests::all;
  EXPECT_TRUE(filter.matches(kept(listing())));
}

TEST(CallFilter, EverythingThatIsSetHasToHold) {
  CallFilter filter;
  filter.server = "files";
  filter.code = Code::tool_timeout;
  EXPECT_TRUE(filter.matches(kept(failed_call())));
  EXPECT_FALSE(filter.matches(kept(failed_call(Code::tool_not_found))));
  EXPECT_FALSE(filter.matches(kept(failed_call(Code::tool_timeout, "web"))));
  filter.target = "write";
  EXPECT_FALSE(filter.matches(kept(failed_call())));
}

TEST(CallFilter, Endings) {
  CallFilter filter;
  filter.ending = CallFilter::Ending::ok;
  EXPECT_TRUE(filter.matches(kept(call())));
  EXPECT_FALSE(filter.matches(kept(failed_call())));
  EXPECT_FALSE(filter.matches(kept(failed_call(Code::proto_cancelled))));
  filter.ending = CallFilter::Ending::failed;
  EXPECT_TRUE(filter.matches(kept(failed_call())));
  EXPECT_FALSE(filter.matches(kept(failed_call(Code::proto_cancelled)))) << "its caller wanted that";
}

TEST(CallFilter, FindsANameThatNobodyHas) {
  auto record = failed_call(Code::tool_not_found, "", "");
  record.requested = "files__write";
  CallFilter filter;
  filter.target = "files__write";
  EXPECT_TRUE(filter.matches(kept(record)));
  filter.target = "files__read";
  EXPECT_FALSE(filter.matches(kept(record)));
}

TEST(CallFilter, ByTheBeginningOfItsRef) {
  auto record = call();
  record.correlation = CorrelationId::make();
  CallFilter filter;
  filter.ref = record.correlation.hex().substr(0, 6);
  EXPECT_TRUE(filter.matches(kept(record)));
  record.correlation.bytes[0] ^= std::byte{0xff};
  EXPECT_FALSE(filter.matches(kept(record)));
}

}  // namespace
}  // namespace sallyport::admin
