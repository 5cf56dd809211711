// A whole gateway in this process before an MCP server on a loopback socket, which counts what it executes
// and fails as the test says.
#pragma once

#include "gateway/gateway.hpp"
#include "net/listener.hpp"
#include "protocol/envelope.hpp"
#include "support/run_task.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace sallyport::gateway {

// How the server treats one call.
enum class Does : std::uint8_t {
  answer,
  error,         // runs it, then answers with a JSON-RPC error
  status_500,    // runs it, then answers so
  status_503,    // does not run it
  status_404,    // does not run it: it has forgotten the session
  close_before,  // closes the connection and does not run it
  close_after,   // runs it and closes the connection
};

// A number that is the same in every run and unlike that of its neighbours.
inline std::uint64_t scattered(std::uint64_t number) noexcept {
  number += 0x9E3779B97F4A7C15;
  number = (number ^ (number >> 30)) * 0xBF58476D1CE4E5B9;
  number = (number ^ (number >> 27)) * 0x94D049BB133111EB;
  return number ^ (number >> 31);
}

// Legacy Streamable HTTP with sessions. The argument `n` names a call: `act` may not be repeated, `look` may.
class CountingServer final : private net::HttpHandler {
 public:
  using Treats = std::function<Does(std::size_t n, std::uint32_t execution)>;

  CountingServer(task::Loop& loop, std::size_t calls) : executions(calls), server_(loop, *this, {}) {
    auto listener = net::Listener::open(loop, "127.0.0.1", 0, [this](auto stream, net::Peer peer) {
      server_.serve(std::move(stream), std::move(peer));
    });
    EXPECT_TRUE(listener);
    listener_ = std::move(*listener);
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(listener_->port()) + "/mcp"; }
  Task<void> close() {
    listener_->close();
    return server_.close();
  }

  std::vector<std::uint32_t> executions;  // by the call's number
  std::uint64_t asked = 0;                // calls that reached it, executed or not
  std::uint64_t pings = 0;
  std::uint64_t cancelled = 0;  // notifications/cancelled
  Treats treats = [](std::size_t, std::uint32_t) { return Does::answer; };

 private:
  std::optional<net::HttpReply> admit(const net::RequestHead& head, const net::Peer&) override {
    if (head.method == "POST") return std::nullopt;
    return net::HttpReply{.status = 405};
  }
  net::HttpReply refuse(const Error&, const net::Peer&) override { return {.status = 400}; }

  Task<void> handle(net::Exchange& exchange) override {
    const std::string_view body = exchange.body();
    const auto message = protocol::parse_message(body);
    if (!message) co_return co_await exchange.reply({.status = 400});
    const auto session = exchange.head().fields.find("mcp-session-id");
    const std::string current = "s" + std::to_string(session_);
    if (message->method() == protocol::Method::initialize) {
      co_return co_await reply(exchange, message->id(body),
                               R"({"protocolVersion":"2025-11-25","capabilities":{"tools":{}},)"
                               R"("serverInfo":{"name":"s","version":"1"}})",
                               "Mcp-Session-Id: " + current + "\r\n");
    }
    if (session && *session != current) co_return co_await exchange.reply({.status = 404});
    if (message->method() == protocol::Method::notifications_cancelled) ++cancelled;
    if (!message->is_request()) co_return co_await exchange.reply({.status = 202});
    if (message->method() == protocol::Method::tools_list) {
      co_return co_await reply(exchange, message->id(body),
                               R"({"tools":[{"name":"act","inputSchema":{"type":"object"}},)"
                               R"({"name":"look","inputSchema":{"type":"object"},)"
                               R"("annotations":{"readOnlyHint":true}}]})");
    }
    if (message->method() == protocol::Method::ping) ++pings;
    if (message->method() == protocol::Method::tools_call) co_return co_await call(exchange, *message);
    co_return co_await reply(exchange, message->id(body), "{}");
  }

  Task<void> call(net::Exchange& exchange, const protocol::Message& message) {
    const std::string_view body = exchange.body();
    const std::string_view arguments = message.raw(protocol::Field::arguments, body);
    const auto number =
        json::as_int64(json::find_member(arguments, {0, static_cast<std::uint32_t>(arguments.size())}, "n")
                           .value.of(arguments));
    const auto n = static_cast<std::size_t>(number.value_or(0));
    ++asked;
    const Does what = treats(n, executions.at(n));
    if (what == Does::status_404) ++session_;
    if (what == Does::status_404) co_return co_await exchange.reply({.status = 404});
    if (what == Does::status_503) co_return co_await exchange.reply({.status = 503});
    if (what == Does::close_before) co_return Failure(Error(Code::proto_cancelled));
    ++executions.at(n);
    if (what == Does::close_after) co_return Failure(Error(Code::proto_cancelled));
    if (what == Does::status_500) co_return co_await exchange.reply({.status = 500});
    if (what == Does::error) {
      co_return co_await exchange.reply({.body = R"({"jsonrpc":"2.0","id":)" + std::string(message.id(body)) +
                                                 R"(,"error":{"code":-32603,"message":"no"}})"});
    }
    co_return co_await reply(exchange, message.id(body), R"({"content":[{"type":"text","text":"done"}]})");
  }

  static Task<void> reply(net::Exchange& exchange, std::string_view id, std::string_view result,
                          std::string headers = {}) {
    net::HttpReply made;
    made.body = R"({"jsonrpc":"2.0","id":)" + std::string(id) + R"(,"result":)" + std::string(result) + "}";
    made.headers = std::move(headers);
    co_return co_await exchange.reply(made);
  }

  std::uint64_t session_ = 1;
  net::HttpServer server_;
  std::unique_ptr<net::Listener> listener_;
};

// What a caller was told of one call.
struct Told {
  bool answered = false;  // by the server: a result, or its own JSON-RPC error
  bool is_error = false;  // its answer was one
  std::string object;     // of a failure of ours: dev.sallyport/error
  std::optional<Code> code;
  std::optional<Executed> executed;
  std::optional<std::chrono::milliseconds> retry_after;

  bool says(std::string_view member) const { return object.contains(member); }
  bool may_retry() const { return says(R"("canRetry":true)"); }
};

class OverLoopback : public ::testing::Test {
 protected:
  static constexpr std::size_t max_calls = 120'000;

  OverLoopback() {
    config.servers.resize(1);
    config.servers[0].key = "up";
    config.servers[0].url = server.url();
    config.servers[0].trusted = true;
    config.servers[0].isolation = config::Isolation::shared;
    config.limits.concurrency = 100'000;
    config.breaker.failures = 1000;  // none opens, unless a test wants it
    config.breaker.window = std::chrono::milliseconds(1);
    config.allow_faults = true;
  }
  ~OverLoopback() override {
    if (gateway) EXPECT_TRUE(testing::run(loop, gateway->stop()));
    EXPECT_TRUE(testing::run(loop, server.close()));
  }

  void start() {
    gateway = std::make_unique<Gateway>(loop, config, metrics);
    ASSERT_TRUE(testing::run(loop, gateway->fleet().current()->find("up")->server()->ready()));
  }

  void inject(std::vector<client::FaultRule> rules) {
    config.faults.clear();
    for (client::FaultRule& rule : rules) config.faults.emplace_back().rule = std::move(rule);
    if (gateway) gateway->reload(config);
  }
  static client::FaultRule fault(client::Fault what, std::uint32_t percent = 100) {
    client::FaultRule rule;
    rule.tool = "*";
    rule.fault = what;
    rule.percent = percent;
    rule.time = std::chrono::milliseconds(1);
    return rule;
  }

  // One call from its request to its reply.
  Task<Told> call(std::string_view tool, std::size_t n, std::string source = "10.0.0.1") {
    const std::string request = protocol::tools_call_request(
        "1", protocol::latest_modern, "up__" + std::string(tool), "{\"n\":" + std::to_string(n) + "}", {});
    const auto message = protocol::parse_message(request);
    if (!message) co_return Failure(message.error().error);
    const pipeline::Principal principal{.source = std::move(source)};
    pipeline::Call asked;
    asked.bytes = request;
    asked.message = &*message;
    asked.revision = protocol::latest_modern;
    asked.principal = &principal;
    asked.started = loop.now();
    const pipeline::Reply reply = CO_TRY(co_await gateway->call(asked));
    Told told;
    if (const auto* answer = std::get_if<std::unique_ptr<pipeline::Answer>>(&reply)) {
      told.answered = true;
      told.is_error = (*answer)->message.kind() == protocol::MessageKind::error_response;
    } else if (const auto* failed = std::get_if<pipeline::Failed>(&reply)) {
      told.object = failed->failure->object;
      told.code = failed->error.code();
      told.executed = failed->error.executed();
      told.retry_after = failed->error.retry_after();
    }
    co_return told;
  }

  // All calls from `first` on, `width` of them at a time; `told` gets what came of each.
  void call_all(std::string_view tool, std::size_t first, std::size_t count, std::size_t width,
                std::vector<Told>& told) {
    told.resize(std::max(told.size(), first + count));
    std::size_t next = first;
    task::Group group(loop);
    for (std::size_t i = 0; i < width; ++i) {
      group.spawn([](OverLoopback& self, std::string_view name, std::size_t& number, std::size_t end,
                     std::vector<Told>& all) -> Task<void> {
        while (number < end) {
          const std::size_t mine = number++;
          all[mine] = CO_TRY(co_await self.call(name, mine));
        }
        co_return ok();
      }(*this, tool, next, first + count, told));
    }
    ASSERT_TRUE(testing::run_until(loop, [&] { return group.size() == 0; }));
  }

  task::Loop loop;
  telemetry::Registry metrics;
  config::Config config;
  CountingServer server{loop, max_calls};
  std::unique_ptr<Gateway> gateway;
};

}  // namespace sallyport::gateway
