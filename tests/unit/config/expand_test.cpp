#include "config/expand.hpp"

#include "unit/config/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace sallyport::config {
namespace {

using std::filesystem::perms;

struct Outcome {
  std::optional<Expanded> value;
  Diagnostics diagnostics;
};

Outcome run(std::string_view text) {
  Outcome outcome;
  Report report("test.yaml", outcome.diagnostics);
  outcome.value = expand(text, test::machine(), report, {3, 7}, "some.key");
  return outcome;
}

struct Row {
  std::string_view written;
  std::string_view expanded;
  bool foreign;
};

class Expands : public testing::TestWithParam<Row> {};

TEST_P(Expands, To) {
  const Outcome outcome = run(GetParam().written);
  ASSERT_TRUE(outcome.value);
  EXPECT_EQ(outcome.value->text, GetParam().expanded);
  EXPECT_EQ(outcome.value->foreign, GetParam().foreign);
  EXPECT_TRUE(outcome.diagnostics.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Table, Expands,
    testing::Values(Row{"plain", "plain", false}, Row{"", "", false}, Row{"$TOKEN", "$TOKEN", false},
                    Row{"${TOKEN}", "canary-token", true},
                    Row{"a${TOKEN}b${PORT}c", "acanary-tokenb9090c", true}, Row{"${EMPTY}", "", true},
                    Row{"${EMPTY:-text}", "text", true}, Row{"${NOT_SET:-text}", "text", true},
                    Row{"${NOT_SET:-}", "", true}, Row{"${NOT_SET:-a:-b}", "a:-b", true},
                    Row{"${TOKEN:-x}", "canary-token", true}, Row{"$${PORT}", "$9090", true},
                    Row{"${HOME}/x", "/home/me/x", false},
                    // What is put in is not looked at again.
                    Row{"${NESTED}", "${TOKEN}", true}, Row{"}${PORT}}", "}9090}", true}));

class Refuses : public testing::TestWithParam<std::string_view> {};

TEST_P(Refuses, WithOneErrorAtThePlace) {
  const Outcome outcome = run(GetParam());
  EXPECT_FALSE(outcome.value);
  ASSERT_EQ(outcome.diagnostics.size(), 1U);
  EXPECT_EQ(outcome.diagnostics[0].at.line, 3U);
  EXPECT_EQ(outcome.diagnostics[0].at.column, 7U);
  EXPECT_EQ(outcome.diagnostics[0].severity, Severity::error);
}

INSTANTIATE_TEST_SUITE_P(Table, Refuses,
                         testing::Values("${NOT_SET}", "${", "a${TOKEN", "${}", "${1}", "${A-B}",
                                         "${env:TOKEN}", "${file:}", "${file:relative}",
                                         "${file:/no/such/file}", "${file:/tmp}", "${TOKEN}${NOT_SET}",
                                         "${:-x}"));

TEST(ExpandFile, DropsOneLineEndAndNoMore) {
  const test::ScratchDirectory directory;
  const std::string one = directory.file("one", "s3cret\n", perms::owner_read);
  const std::string two = directory.file("two", "s3cret\n\n", perms::owner_read);
  const std::string none = directory.file("none", "${TOKEN}", perms::owner_read);
  EXPECT_EQ(run("${file:" + one + "}").value->text, "s3cret");
  EXPECT_EQ(run("${file:" + two + "}").value->text, "s3cret\n");
  EXPECT_EQ(run("${file:" + none + "}").value->text, "${TOKEN}");
  EXPECT_TRUE(run("${file:" + one + "}").diagnostics.empty());
}

TEST(ExpandFile, WarnsOfOneThatOthersCanRead) {
  const test::ScratchDirectory directory;
  const std::string open = directory.file("open", "s3cret", perms::owner_read | perms::others_read);
  const Outcome outcome = run("${file:" + open + "}");
  EXPECT_EQ(outcome.value->text, "s3cret");
  ASSERT_EQ(outcome.diagnostics.size(), 1U);
  EXPECT_EQ(outcome.diagnostics[0].severity, Severity::warning);
  EXPECT_THAT(outcome.diagnostics[0].instead, testing::HasSubstr("chmod"));
}

TEST(ExpandFile, RefusesWhatIsNoSecretFile) {
  const test::ScratchDirectory directory;
  const std::string big = directory.file("big", std::string(65 * 1024, 'x'), perms::owner_read);
  const std::string zero = directory.file("zero", std::string_view("a\0b", 3), perms::owner_read);
  const std::string pipe = directory.path() + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const std::string& name : {big, zero, pipe}) {
    const Outcome outcome = run("${file:" + name + "}");
    EXPECT_FALSE(outcome.value) << name;
    EXPECT_EQ(outcome.diagnostics.size(), 1U) << name;
  }
}

TEST(ExpandFile, AValueIsNeverParsedAgain) {
  const test::ScratchDirectory directory;
  const std::string file = directory.file("inject", "x}, other: {command: sh", perms::owner_read);
  const Loaded loaded =
      test::load_yaml("servers: {files: {command: sh, env: {A: \"${file:" + file + "}\"}}}");
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->servers.size(), 1U);
  EXPECT_EQ(loaded.config->servers[0].env[0].value.reveal(), "x}, other: {command: sh");
}

}  // namespace
}  // namespace sallyport::config
