// W3C trace context: what is read, and what is not.
#include "telemetry/trace_context.hpp"

#include <gtest/gtest.h>

namespace sallyport::telemetry {
namespace {

constexpr std::string_view good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceContext, ReadsWhatItWrites) {
  const auto parent = TraceParent::parse(good);
  ASSERT_TRUE(parent);
  EXPECT_TRUE(parent->sampled);
  EXPECT_EQ(parent->text(), good);
}

TEST(TraceContext, AHigherVersionMayHaveMore) {
  EXPECT_TRUE(TraceParent::parse("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-comes"));
  EXPECT_TRUE(TraceParent::parse("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"));
  EXPECT_FALSE(TraceParent::parse("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.what"));
}

TEST(TraceContext, ReadsNothingElse) {
  for (const std::string_view bad : {"", "00", "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                     "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                                     "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                                     "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                     "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
                                     "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                     "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333g-01",
                                     "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0"}) {
    EXPECT_FALSE(TraceParent::parse(bad)) << bad;
  }
}

TEST(TraceContext, OwnTracesAreRecordedAndACallersDecisionHolds) {
  const Trace own = begin_trace(std::nullopt, false);
  EXPECT_TRUE(own.active());
  EXPECT_TRUE(own.sampled);
  EXPECT_FALSE(own.parent.valid());
  auto caller = TraceParent::parse(good);
  caller->sampled = false;
  EXPECT_FALSE(begin_trace(caller, true).sampled);
  EXPECT_TRUE(begin_trace(caller, false).sampled) << "who is not trusted does not decide what we record";
}

TEST(TraceContext, TracestateIsPlainAndShort) {
  EXPECT_EQ(checked_tracestate("vendor=1,other=2"), "vendor=1,other=2");
  EXPECT_EQ(checked_tracestate("a=\n"), "");
  EXPECT_EQ(checked_tracestate(std::string(513, 'a')), "");
}

}  // namespace
}  // namespace sallyport::telemetry
