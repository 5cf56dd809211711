// What the target of a request names.
#include "transport/http_request.hpp"

#include <gtest/gtest.h>

namespace sallyport::transport {
namespace {

TEST(SseTarget, NamesStreamMessagesServerAndSession) {
  const auto all = sse_target_of("/sse");
  ASSERT_TRUE(all);
  EXPECT_FALSE(all->messages);
  EXPECT_EQ(all->endpoint, "");
  EXPECT_EQ(sse_target_of("/sse/files?x=1")->endpoint, "files");
  const auto message = sse_target_of("/messages/files?a=b&sessionId=abc&c");
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->messages);
  EXPECT_EQ(message->endpoint, "files");
  EXPECT_EQ(message->session, "abc");
  EXPECT_EQ(sse_target_of("/messages?sessionId=")->session, "");
  EXPECT_EQ(sse_target_of("/messages?xsessionId=a&")->session, "");
}

TEST(SseTarget, IsNothingElse) {
  for (const std::string_view target :
       {"/", "/mcp", "/ssex", "/sse/a/b", "/message", "/messages/a/b", "", "?sessionId=a"})
    EXPECT_FALSE(sse_target_of(target)) << target;
}

}  // namespace
}  // namespace sallyport::transport
