// A channel to a scripted HTTP server, by a clock that the test moves.
#pragma once

#include "client/http_channel.hpp"
#include "support/run_task.hpp"
#include "unit/client/scripted_http.hpp"
#include "unit/client/witness.hpp"

#include <chrono>
#include <cstdint>
#include <memory>

#include <gtest/gtest.h>

namespace sallyport::testing {

template <class Kind>
class ChannelTest : public ::testing::Test {
  bool over_ = false;  // and reply() may be gone

 protected:
  using Answered = std::unique_ptr<pipeline::Answer>;

  explicit ChannelTest(std::uint64_t buffered = 64u << 20) : budget(buffered) {}
  void TearDown() override {
    if (channel) EXPECT_TRUE(run(loop, channel->close()));
    over_ = true;
  }

  virtual HttpReply reply(const HttpRequest& request) = 0;
  static bool is_call(const HttpRequest& request) { return request.asks("tools/call"); }

  client::HttpEnvironment environment() {
    target.url = server.url();
    return {loop, target, settings, budget, owner};
  }
  template <class Opened>
  void keep(Result<Opened> opened) {
    ASSERT_TRUE(opened);
    channel = std::move(*opened);
  }
  void pass(std::chrono::milliseconds time) {
    clock.advance(time);
    loop.timers().fire();
    loop.poll();
  }

  ManualClock clock;
  mutable task::Loop loop{clock};
  client::Target target;
  client::Settings settings;
  net::Budget budget;
  Owner owner;
  ScriptedHttp server{loop,
                      [this](const HttpRequest& request) { return over_ ? status(503) : reply(request); }};
  std::shared_ptr<Kind> channel;
};

}  // namespace sallyport::testing
