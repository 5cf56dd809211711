// The audit file: appended, continued after a crash and a rotation, and what happens when it takes nothing.
#include "telemetry/audit_log.hpp"

#include "support/run_task.hpp"
#include "telemetry/audit_chain.hpp"
#include "telemetry/metrics_names.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::telemetry {
namespace {

using ::testing::HasSubstr;

struct AuditLogTest : ::testing::Test {
  AuditLogTest() {
    std::string name = (std::filesystem::temp_directory_path() / "audit-XXXXXX").string();
    directory = ::mkdtemp(name.data());
    file = directory / "audit.jsonl";
  }
  ~AuditLogTest() override { std::filesystem::remove_all(directory); }

  std::unique_ptr<AuditLog> open(bool refuse = false) {
    auto opened = AuditLog::open(loop, metrics, {file.string(), refuse});
    EXPECT_TRUE(opened) << opened.error().developer_message();
    return opened ? std::move(*opened) : nullptr;
  }
  static std::vector<std::string> lines_of(const std::filesystem::path& path) {
    std::ifstream in(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
  static audit::Verifier verify(std::initializer_list<std::filesystem::path> files) {
    audit::Verifier verifier;
    for (const auto& path : files) {
      verifier.begin_file(path.string());
      for (const std::string& line : lines_of(path)) verifier.add(line, true);
    }
    verifier.finish();
    return verifier;
  }
  static constexpr const char* call = R"("event":"call","n":1)";

  task::Loop loop;
  Registry metrics;
  std::filesystem::path directory;
  std::filesystem::path file;
};

TEST_F(AuditLogTest, WritesAChainFromStartToEnd) {
  auto log = open();
  for (int i = 0; i < 1000; ++i) log->record(call);
  log->close();
  const auto verifier = verify({file});
  EXPECT_TRUE(verifier.sound()) << verifier.finding().what;
  EXPECT_EQ(verifier.records(), 1002u);
  EXPECT_TRUE(verifier.ended());
  EXPECT_THAT(lines_of(file).front(), HasSubstr("\"event\":\"start\""));
  EXPECT_EQ(std::filesystem::status(file).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(AuditLogTest, GoesOnWhereTheLastOneEnded) {
  for (int i = 0; i < 3; ++i) open()->record(call);
  const auto verifier = verify({file});
  EXPECT_TRUE(verifier.sound()) << verifier.finding().what;
  EXPECT_EQ(verifier.records(), 9u);
}

TEST_F(AuditLogTest, ALineThatACrashCutIsToldAndTheChainGoesOn) {
  open()->record(call);
  std::ofstream(file, std::ios::app) << "{\"seq\":4,\"time\":";
  open()->record(call);
  std::ofstream(file, std::ios::app) << "garbage\nof two lines";
  open()->record(call);
  const auto verifier = verify({file});
  EXPECT_TRUE(verifier.sound()) << verifier.finding().what;
  EXPECT_EQ(verifier.torn(), 2u);
  EXPECT_EQ(verifier.records(), 9u);
}

TEST_F(AuditLogTest, WhatIsNoAuditRecordIsLeftAlone) {
  std::ofstream(file) << "precious\n";
  const auto opened = AuditLog::open(loop, metrics, {file.string(), false});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Code::config_invalid);
  EXPECT_EQ(lines_of(file), std::vector<std::string>{"precious"});
}

TEST_F(AuditLogTest, OneGatewayAFile) {
  const auto first = open();
  const auto second = AuditLog::open(loop, metrics, {file.string(), false});
  ASSERT_FALSE(second);
  EXPECT_THAT(std::string(second.error().developer_message()), HasSubstr("another gateway"));
}

TEST_F(AuditLogTest, TheChainGoesThroughARotation) {
  auto log = open(true);
  EXPECT_TRUE(testing::run(loop, log->require(call)));
  const auto old = directory / "audit.jsonl.1";
  std::filesystem::rename(file, old);
  EXPECT_TRUE(testing::run(loop, log->require(call))) << "goes into the renamed file until it is told";
  log->reopen();
  EXPECT_TRUE(testing::run(loop, log->require(call)));
  while (!std::filesystem::exists(file)) EXPECT_TRUE(testing::run(loop, log->require(call)));
  EXPECT_TRUE(testing::run(loop, log->require(call)));
  log->reopen();  // nothing was renamed: nothing happens
  log->close();
  const auto verifier = verify({old, file});
  EXPECT_TRUE(verifier.sound()) << verifier.finding().what;
  EXPECT_TRUE(verifier.ended());
  EXPECT_THAT(lines_of(old).back(), HasSubstr("\"event\":\"rotate\""));
  EXPECT_THAT(lines_of(file).front(), HasSubstr("\"event\":\"continue\""));
  EXPECT_TRUE(verify({file}).sound()) << "each file by itself";
}

TEST_F(AuditLogTest, AFullDiskRefusesOrCounts) {
  file = "/dev/full";
  {
    auto log = open(true);
    EXPECT_FALSE(log->healthy());
    const auto written = testing::run(loop, log->require(call));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code(), Code::system_unavailable);
    EXPECT_EQ(written.error().executed(), Executed::no);
  }
  auto log = open(false);
  for (int i = 0; i < 10; ++i) log->record(call);
  log->close();
  EXPECT_THAT(metrics.render(), HasSubstr("sallyport_audit_healthy 0"));
  EXPECT_THAT(metrics.render(), HasSubstr("sallyport_audit_lost_total 10"));
}

TEST_F(AuditLogTest, WhetherItRefusesMayChange) {
  auto log = open(false);
  EXPECT_FALSE(log->refuses());
  log->set_refuses(true);
  EXPECT_TRUE(log->refuses());
  EXPECT_TRUE(testing::run(loop, log->require(call)));
  EXPECT_FALSE(log->closed());
  log->close();
  EXPECT_TRUE(log->closed());
}

TEST_F(AuditLogTest, AFullQueueRefusesAtOnce) {
  auto log = open(true);
  const auto written = testing::run(loop, log->require(std::string(AuditLog::max_queued + 1, 'x')));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code(), Code::system_unavailable);
}

}  // namespace
}  // namespace sallyport::telemetry
