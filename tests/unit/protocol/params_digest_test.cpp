#include "protocol/params_digest.hpp"

#include "unit/protocol/parsed.hpp"

#include <gtest/gtest.h>

namespace sallyport::protocol {
namespace {

std::string digest(std::string_view params) {
  const Parsed parsed(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":)" + std::string(params) +
                      "}");
  return params_digest(parsed.message, parsed.bytes);
}

TEST(ParamsDigestTest, TheRoundsOfOneCallHaveTheSame) {
  const std::string first =
      digest(R"({"name":"t","arguments":{"a":1,"b":["x",{"c":null}]},"_meta":{"k":1}})");
  EXPECT_EQ(
      digest(
          R"({"requestState":"s","inputResponses":{"q":{}},"_meta":{},"name":"t","arguments":{"a":1,"b":["x",{"c":null}]}})"),
      first);
  EXPECT_EQ(digest("{ \"arguments\" : {\"b\":[ \"\\u0078\" ,{\"c\":null}],\"a\":1},\"\\u006eame\":\"t\"}"),
            first)
      << "order, space and escapes";
}

TEST(ParamsDigestTest, WhatDiffersDiffers) {
  const std::string first = digest(R"({"name":"t","arguments":{"a":1,"b":[1,2]}})");
  for (const std::string_view other :
       {R"({"name":"u","arguments":{"a":1,"b":[1,2]}})", R"({"name":"t","arguments":{"a":"1","b":[1,2]}})",
        R"({"name":"t","arguments":{"a":1,"b":[2,1]}})", R"({"name":"t","arguments":{"a":1,"b":[12]}})",
        R"({"name":"t","arguments":{"a":1}})", R"({"name":"t"})",
        R"({"name":"t","arguments":{"a":1,"b":[1,2],"_meta":{}}})",
        R"({"name":"t","arguments":{"a":1,"b":[1,2],"requestState":"s"}})"})
    EXPECT_NE(digest(other), first) << other;
}

}  // namespace
}  // namespace sallyport::protocol
