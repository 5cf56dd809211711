// The chain of the audit record: every change to it is found and named.
#include "telemetry/audit_chain.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace sallyport::telemetry::audit {
namespace {

std::vector<std::string> chain(int count) {
  Head head;
  std::vector<std::string> lines;
  for (int i = 1; i <= count; ++i) {
    std::string line = seal("\"event\":\"call\",\"n\":" + std::to_string(i), head);
    line.pop_back();
    lines.push_back(std::move(line));
  }
  return lines;
}

Verifier verified(const std::vector<std::string>& lines, bool last_ended = true) {
  Verifier verifier;
  verifier.begin_file("f");
  for (std::size_t i = 0; i < lines.size(); ++i) verifier.add(lines[i], last_ended || i + 1 < lines.size());
  verifier.finish();
  return verifier;
}

TEST(AuditChain, WhatWasSealedIsRead) {
  Head head;
  const std::string line = seal(R"("event":"start")", head);
  EXPECT_EQ(head.seq, 1u);
  const auto read_back = read(std::string_view(line).substr(0, line.size() - 1));
  ASSERT_TRUE(read_back);
  EXPECT_TRUE(read_back->intact);
  EXPECT_EQ(read_back->fields, R"("event":"start")");
  EXPECT_EQ(read_back->hash, head.hash);
  EXPECT_FALSE(read(line)) << "with its end";
  EXPECT_FALSE(read(""));
}

// docs/audit.md defines the hash for other programs: this value was computed with another one.
TEST(AuditChain, TheHashIsTheOneOfTheDocumentation) {
  Head head;
  seal(R"("time":"2026-11-24T14:00:00.000Z","event":"start","version":"0.1.0","pid":1)", head);
  const auto expected = parse_hash("39b2ff5c60dea63e2167e898dd366f6e45463ecc10f118379cda57219c16ff1d");
  ASSERT_TRUE(expected);
  EXPECT_EQ(head.hash, *expected);
}

TEST(AuditChain, AWholeOneIsSound) {
  const Verifier verifier = verified(chain(10));
  EXPECT_TRUE(verifier.sound()) << verifier.finding().what;
  EXPECT_EQ(verifier.records(), 10u);
  EXPECT_EQ(verifier.first(), 1u);
}

TEST(AuditChain, OneThatBeginsInAnotherFileIsSound) {
  auto lines = chain(10);
  lines.erase(lines.begin(), lines.begin() + 4);
  const Verifier verifier = verified(lines);
  EXPECT_TRUE(verifier.sound());
  EXPECT_EQ(verifier.first(), 5u);
}

TEST(AuditChain, AnyChangedByteIsAnEdit) {
  const auto lines = chain(3);
  for (std::size_t at = 0; at < lines[1].size(); ++at) {
    auto changed = lines;
    changed[1][at] = changed[1][at] == 'x' ? 'y' : 'x';
    const Verifier verifier = verified(changed);
    ASSERT_FALSE(verifier.sound()) << at;
    EXPECT_EQ(verifier.finding().fault, Fault::edited) << at;
    EXPECT_EQ(verifier.finding().line, 2u) << at;
  }
}

TEST(AuditChain, ARecordThatWasSealedAnewIsFoundAtTheNext) {
  auto lines = chain(4);
  Head head{1, read(lines[0])->hash};
  lines[1] = seal(R"("event":"call","n":99)", head);
  lines[1].pop_back();
  const Verifier verifier = verified(lines);
  EXPECT_EQ(verifier.finding().fault, Fault::edited);
  EXPECT_EQ(verifier.finding().line, 3u);
}

TEST(AuditChain, ARemovedRecordIsMissing) {
  auto lines = chain(10);
  lines.erase(lines.begin() + 3, lines.begin() + 5);
  const Verifier verifier = verified(lines);
  EXPECT_EQ(verifier.finding().fault, Fault::deleted);
  EXPECT_EQ(verifier.finding().line, 4u);
  EXPECT_EQ(verifier.finding().what, "records 4 to 5 are missing before record 6");
}

TEST(AuditChain, MovedRecordsAreReordered) {
  for (const std::size_t distance : {1u, 3u}) {
    auto lines = chain(10);
    std::swap(lines[3], lines[3 + distance]);
    EXPECT_EQ(verified(lines).finding().fault, Fault::reordered);
    EXPECT_EQ(verified(lines).finding().line, 4u);
  }
  auto lines = chain(3);
  lines.push_back(lines[1]);
  EXPECT_EQ(verified(lines).finding().fault, Fault::reordered);
}

TEST(AuditChain, ACutLastLineIsTruncated) {
  auto lines = chain(3);
  lines[2].resize(40);
  const Verifier verifier = verified(lines, false);
  EXPECT_EQ(verifier.finding().fault, Fault::truncated);
  EXPECT_EQ(verifier.finding().line, 3u);
}

TEST(AuditChain, RemovedLastRecordsAreFoundByTheHashThatIsExpected) {
  const auto lines = chain(3);
  Verifier verifier;
  verifier.begin_file("f");
  verifier.add(lines[0], true);
  verifier.finish(read(lines[2])->hash);
  EXPECT_EQ(verifier.finding().fault, Fault::truncated);
}

TEST(AuditChain, ALineThatACrashCutIsToldByTheNextRecord) {
  auto lines = chain(2);
  Head head{2, read(lines[1])->hash};
  lines.push_back("{\"seq\":3,\"ev");
  std::string start = seal("\"event\":\"start\",\"torn\":12", head);
  start.pop_back();
  lines.push_back(start);
  const Verifier told = verified(lines);
  EXPECT_TRUE(told.sound()) << told.finding().what;
  EXPECT_EQ(told.torn(), 1u);
  lines[2] += "x";
  EXPECT_EQ(verified(lines).finding().fault, Fault::edited);
}

}  // namespace
}  // namespace sallyport::telemetry::audit
