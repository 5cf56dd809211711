// The admin port over a connection in memory, in front of servers that were never started, by a clock that
// the test moves.
#pragma once

#include "admin/admin.hpp"
#include "support/memory_stream.hpp"
#include "support/run_task.hpp"
#include "unit/upstream/silent_observer.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace sallyport::admin {

inline std::vector<upstream::Definition> two_servers() {
  std::vector<upstream::Definition> made(2);
  made[0].key = "child";
  made[0].command = "/nonexistent/secret-path";
  made[1].key = "web";
  made[1].url = "https://user:pass@example.test/mcp";
  return made;
}

struct AdminTest : ::testing::Test {
  explicit AdminTest(const Clock& clock = system_clock()) : loop(clock) {}
  ~AdminTest() override {
    EXPECT_TRUE(testing::run(loop, server.close()));
    EXPECT_TRUE(testing::run(loop, fleet.stop()));
  }
  std::string request(std::string_view line, std::string_view host = "localhost:8081",
                      std::string_view headers = "") {
    auto pair = testing::MemoryStream::make(loop);
    server.serve(std::move(pair.first), {"127.0.0.1", true});
    pair.second->put(std::string(line) + " HTTP/1.1\r\nHost: " + std::string(host) + "\r\n" +
                     std::string(headers) + "\r\n");
    loop.poll();
    return pair.second->take();
  }
  static std::string body(const std::string& reply) { return reply.substr(reply.find("\r\n\r\n") + 4); }
  boost::json::value get(std::string_view path) {
    const std::string reply = request("GET " + std::string(path));
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 200")) << reply;
    return boost::json::parse(body(reply));
  }
  boost::json::value servers() { return get("/api/servers"); }

  task::Loop loop;
  testing::SilentObserver observer;
  net::Budget budget{1u << 20};
  upstream::Fleet fleet{loop, {}, budget, two_servers(), observer};
  telemetry::Registry metrics;
  bool ready = true;
  Secret token{"a-token-of-the-operator"};
  std::string token_file;
  telemetry::CallHub hub;
  config::Config config;
  LastReload last_reload;
  alerts::Alerts alerts{loop, metrics};
  Admin admin{{.loop = loop,
               .fleet = fleet,
               .metrics = metrics,
               .calls = hub,
               .alerts = alerts,
               .ready = [this] { return ready; },
               .mcp_urls = {"http://127.0.0.1:8080/mcp"},
               .config = [this]() -> const config::Config& { return config; },
               .last_reload = last_reload},
              transport::HostPolicy(8081, true, {}, {}),
              Control(
                  fleet,
                  [this](std::string_view key, upstream::Power power) {
                    return fleet.replace(key, power, std::chrono::seconds(30));
                  },
                  TokenGuard(loop, [this]() -> const Secret& { return token; }, token_file))};
  static net::HttpLimits limits() {
    net::HttpLimits limits;
    limits.outbox = 256 * 1024;
    return limits;
  }
  net::HttpServer server{loop, admin, limits()};
};

struct OwnClock {
  ManualClock clock;
};

// With servers that are never started: what runs outside of this program keeps no time of ours.
struct ClockedAdminTest : OwnClock, AdminTest {
  ClockedAdminTest() : AdminTest(clock) {}
  void pass(std::chrono::milliseconds time) {
    clock.advance(time);
    loop.timers().fire();
    loop.poll();
  }
};

}  // namespace sallyport::admin
