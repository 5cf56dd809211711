// What is refused by its head alone, before a byte of the body is read.
#include "transport/streamable_http.hpp"

#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::transport {
namespace {

using ::testing::HasSubstr;

struct Front final : pipeline::Front {
  Task<pipeline::Reply> call(pipeline::Call&) override {
    co_return Failure(Error(Code::system_internal_error));
  }
  protocol::CanonicalFailure failure(const Error& error, const CorrelationId& correlation) override {
    return protocol::render(error, {.correlation = correlation});
  }
  void refused(const Error& error, const pipeline::Refusal& request) override {
    told.push_back(std::string(wire_name(error.code())) + " " + std::string(request.source));
  }
  std::optional<Error> admit(const net::Peer&) override { return refusal; }
  void answered(protocol::Era, protocol::Method, int) override {}
  void delivered(pipeline::Delivery) override {}
  bool draining() const override { return false; }
  bool has_endpoint(std::string_view server) const override { return server.empty() || server == "srv"; }
  Subscription subscribe(std::string_view, pipeline::Listener&) override { return nullptr; }

  std::optional<Error> refusal;
  std::vector<std::string> told;
};

struct AdmitTest : ::testing::Test {
  // 0: let in.
  int status(std::string_view method, std::string_view target = "/mcp") {
    net::RequestHead head = fields;
    head.method = method;
    head.target = target;
    reply = http.admit(head, {"127.0.0.1", true});
    return reply ? reply->status : 0;
  }
  int post(std::string_view accept) {
    fields = {};
    fields.fields.add("Host", "localhost:8080");
    fields.fields.add("Content-Type", "application/json; charset=utf-8");
    fields.fields.add("Accept", accept);
    return status("POST");
  }
  int get(std::string_view accept) {
    fields = {};
    fields.fields.add("Accept", accept);
    return status("GET");
  }

  task::Loop loop;
  Front front;
  session::Registry sessions{loop.timers(), {}};
  StreamableHttp http{loop, front, sessions, HostPolicy(8080, true, {}, {}), {}};
  net::RequestHead fields;
  std::optional<net::HttpReply> reply;
};

TEST_F(AdmitTest, WhatAPostAccepts) {
  for (const std::string_view good :
       {"application/json, text/event-stream", "application/json", "*/*", "application/*",
        "APPLICATION/JSON;q=0.1", "text/html, application/json;q=0.001",
        "text/event-stream;q=0, application/json", " application/json ; q=1.0"}) {
    EXPECT_EQ(post(good), 0) << good;
  }
  for (const std::string_view bad :
       {"text/event-stream", "text/*", "application/jsonp", "application/json;q=0",
        "application/json;q=0.000, text/html", "*/*;q=0", "application", ",,,"}) {
    EXPECT_EQ(post(bad), 406) << bad;
  }
}

TEST_F(AdmitTest, WhatAGetAccepts) {
  EXPECT_EQ(get("text/event-stream"), 0);
  EXPECT_EQ(get("text/*"), 0);
  EXPECT_EQ(get("application/json"), 406);
  EXPECT_EQ(get("text/event-stream;q=0"), 406);
  fields = {};
  EXPECT_EQ(status("GET"), 406) << "a browser that was sent here";
}

TEST_F(AdmitTest, APostIsJsonAsItIs) {
  EXPECT_EQ(status("POST"), 415);
  fields.fields.add("Content-Type", "text/plain");
  EXPECT_EQ(status("POST"), 415) << "what a foreign page may send without asking first";
  fields = {};
  fields.fields.add("Content-Type", "application/json");
  EXPECT_EQ(status("POST"), 0) << "no Accept is all";
  fields.fields.add("Content-Encoding", "identity");
  EXPECT_EQ(status("POST"), 0);
  fields = {};
  fields.fields.add("Content-Type", "application/json");
  fields.fields.add("Content-Encoding", "gzip");
  EXPECT_EQ(status("POST"), 415);
}

TEST_F(AdmitTest, WhoIsRefusedIsTold) {
  EXPECT_EQ(post("text/html"), 406);
  front.refusal = Error(Code::limit_rate_limited).with_executed(Executed::no);
  EXPECT_EQ(post("*/*"), 503);
  http.refuse(Error(Code::limit_request_too_large), {"10.0.0.9", false});
  EXPECT_THAT(front.told,
              ::testing::ElementsAre("PROTO_015 127.0.0.1", "LIMIT_001 127.0.0.1", "LIMIT_005 10.0.0.9"));
}

TEST_F(AdmitTest, PathsAndMethods) {
  for (const std::string_view ours : {"/mcp", "/mcp/", "/mcp?x=1", "/mcp/srv", "/mcp/srv?x"}) {
    EXPECT_EQ(status("DELETE", ours), 0) << ours;
  }
  for (const std::string_view foreign : {"/", "/mcpx", "/mcp/other", "/mcp/srv/x", "/MCP", "", "*"}) {
    EXPECT_EQ(status("DELETE", foreign), 404) << foreign;
  }
  EXPECT_EQ(status("PUT"), 405);
  EXPECT_THAT(reply->headers, HasSubstr("Allow: GET, POST, DELETE"));
}

TEST_F(AdmitTest, ForeignPagesAreToldNothing) {
  fields.fields.add("Host", "evil.example");
  EXPECT_EQ(status("DELETE"), 403);
  EXPECT_EQ(status("OPTIONS"), 403);
  fields = {};
  fields.fields.add("Origin", "https://evil.example");
  EXPECT_EQ(status("OPTIONS"), 403);
  EXPECT_EQ(status("DELETE"), 403);
  EXPECT_EQ(reply->headers.find("Access-Control-Allow-Origin"), std::string::npos);
}

TEST_F(AdmitTest, AnAllowedPageMayAskFirst) {
  fields.fields.add("Origin", "http://localhost:3000");
  EXPECT_EQ(status("OPTIONS"), 204);
  EXPECT_THAT(reply->headers, HasSubstr("Access-Control-Allow-Origin: http://localhost:3000\r\n"));
}

TEST_F(AdmitTest, TheGatewayMayRefuseEverybody) {
  front.refusal = Error(Code::limit_rate_limited)
                      .with_executed(Executed::no)
                      .with_retry_after(std::chrono::milliseconds(1500));
  EXPECT_EQ(status("DELETE"), 503);
  EXPECT_THAT(reply->headers, HasSubstr("Retry-After: 2\r\n"));
  EXPECT_THAT(reply->body, HasSubstr("LIMIT_001"));
}

}  // namespace
}  // namespace sallyport::transport
