#include "classify/child.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace sallyport::classify {
namespace {

constexpr std::array steps = {SpawnStep::prepare, SpawnStep::pipes,     SpawnStep::keeper, SpawnStep::fork,
                              SpawnStep::setup,   SpawnStep::directory, SpawnStep::exec};

std::map<std::string, Extra> extras(const Error& error) {
  std::map<std::string, Extra> all;
  for (const Extra& extra : error.extras()) all.emplace(extra.key, extra);
  return all;
}

TEST(Spawn, EveryStepTellsWhoseFaultItIs) {
  static_assert(steps.size() == spawn_step_count);
  std::set<std::string_view> names;
  for (const SpawnStep step : steps) {
    names.insert(name(step));
    const bool configs =
        step == SpawnStep::prepare || step == SpawnStep::directory || step == SpawnStep::exec;
    const Error missing =
        from_spawn({.error_number = ENOENT, .step = step}, {.operation = Operation::tool_call});
    EXPECT_EQ(missing.code(), configs ? Code::config_invalid : Code::tool_execution_failed) << name(step);
    EXPECT_FALSE(missing.can_retry()) << name(step);
    EXPECT_EQ(missing.executed(), Executed::no) << name(step);
    EXPECT_EQ(missing.phase(), Phase::spawn) << name(step);
    EXPECT_EQ(std::get<std::string>(extras(missing).at("spawn_step").value), name(step));
    EXPECT_EQ(std::get<std::string>(extras(missing).at("error_type").value), "ENOENT");

    const Error exhausted = from_spawn({.error_number = EAGAIN, .step = step}, {});
    EXPECT_EQ(exhausted.code(), Code::system_resource_exhausted) << name(step);
    EXPECT_TRUE(exhausted.can_retry()) << name(step);
  }
  EXPECT_EQ(names.size(), steps.size());
  EXPECT_EQ(from_spawn({.error_number = ENOENT, .step = SpawnStep::keeper}, {}).code(),
            Code::system_operation_failed);
}

TEST(ChildExit, IsAServerThatIsDown) {
  const Error error = from_child_exit(3 << 8, {.operation = Operation::tool_call, .handed_over = true});
  EXPECT_EQ(error.code(), Code::tool_server_unavailable);
  EXPECT_EQ(error.kind(), Kind::network_transport_runtime_unreachable);
  EXPECT_TRUE(error.can_retry());
  EXPECT_EQ(error.executed(), Executed::maybe);
  EXPECT_EQ(std::get<std::int64_t>(extras(error).at("exit_code").value), 3);
  EXPECT_FALSE(extras(error).contains("signal"));
  EXPECT_EQ(from_child_exit(0, {.operation = Operation::discovery}).code(),
            Code::discovery_server_unavailable);
}

TEST(ChildExit, NamesTheSignal) {
  const Error error = from_child_exit(SIGKILL, {.operation = Operation::tool_call, .handed_over = false});
  EXPECT_EQ(error.executed(), Executed::no);
  EXPECT_EQ(std::get<std::int64_t>(extras(error).at("signal").value), SIGKILL);
  EXPECT_EQ(std::get<std::string>(extras(error).at("signal_name").value), "SIGKILL");
  EXPECT_FALSE(extras(error).contains("exit_code"));
  constexpr int core_dumped = 0x80;
  EXPECT_EQ(std::get<std::string>(extras(from_child_exit(SIGSEGV | core_dumped, {})).at("signal_name").value),
            "SIGSEGV");
}

TEST(ChildExit, WhatIsKnownOfTheCallStands) {
  EXPECT_EQ(from_child_exit(0, {.executed = Executed::yes}).executed(), Executed::yes);
}

}  // namespace
}  // namespace sallyport::classify
