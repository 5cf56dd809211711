#include "config/yaml_edit.hpp"

#include "config/load.hpp"
#include "unit/config/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::config {
namespace {

// The servers of a YAML text, to be added to another.
std::vector<Member> servers_of(const std::string& yaml) {
  Diagnostics ignored;
  Report report("new", ignored);
  return parse_yaml(yaml, report)->find("servers")->members;
}

const std::vector<Member> added = servers_of(
    "servers: {new: {command: npx, args: [\"-y\", \"@x/y\", \"a: b\", \"yes\"], env: {\"K\": "
    "\"${file:/k}\"}}}");

struct Outcome {
  std::optional<std::string> text;
  std::string says;
};

Outcome merged(const std::string& text) {
  Diagnostics found;
  Report report("s.yaml", found);
  Outcome outcome;
  outcome.text = add_servers(text, added, "cursor", report);
  outcome.says = render_text(found, false);
  return outcome;
}

const std::string block_text =
    "  # from cursor\n  new:\n    command: npx\n    args: [-y, \"@x/y\", \"a: b\", \"yes\"]\n"
    "    env:\n      K: \"${file:/k}\"\n";

TEST(YamlEdit, ANewFileIsAWholeConfiguration) {
  EXPECT_EQ(*merged("").text, "version: 1\n\nservers:\n" + block_text);
  EXPECT_EQ(*merged("# mine\n").text, "# mine\nversion: 1\n\nservers:\n" + block_text);
}

TEST(YamlEdit, ServersAreAddedBehindTheOthersAndBeforeTheCommentsOfWhatFollows) {
  const std::string head =
      "version: 1 # one\nservers:\n  # about a\n  a:\n    command: sh\n  # still servers\n";
  const std::string tail = "\n# about timeouts\ntimeouts: {tool: 10s}\n";
  EXPECT_EQ(*merged(head + tail).text, head + block_text + tail);
  EXPECT_THAT(*merged("servers:\n    a: {command: sh}").text,
              testing::StartsWith(
                  "servers:\n    a: {command: sh}\n    # from cursor\n    new:\n      command: npx\n"));
}

TEST(YamlEdit, OtherFormsOfServers) {
  EXPECT_EQ(*merged("servers:\nversion: 1\n").text, "servers:\n" + block_text + "version: 1\n");
  EXPECT_EQ(*merged("version: 1\n").text, "version: 1\n\nservers:\n" + block_text);
  EXPECT_EQ(
      *merged("servers: {a: {command: sh}} # all\n").text,
      "servers: {new: {command: npx, args: [-y, \"@x/y\", \"a: b\", \"yes\"], env: {K: \"${file:/k}\"}}, "
      "a: {command: sh}} # all\n");
  EXPECT_THAT(*merged("servers: {}\n").text, testing::HasSubstr("servers: {new: {command: npx"));
  EXPECT_THAT(*merged("version: 1\r\nservers:\r\n  a: {command: sh}\r\n").text,
              testing::HasSubstr("  new:\r\n"));
}

TEST(YamlEdit, WhatCannotBeEditedIsRefusedWithAPlace) {
  EXPECT_THAT(merged("{version: 1}").says,
              testing::HasSubstr("s.yaml:1:1: the configuration is written in braces"));
  EXPECT_THAT(merged("servers: [a]\n").says, testing::HasSubstr("`servers` is not a map"));
  EXPECT_THAT(merged("- a\n").says, testing::HasSubstr("not a map"));
  EXPECT_THAT(merged("servers: {a: \n").says, testing::HasSubstr("YAML syntax error"));
  EXPECT_THAT(merged("servers:\n  a: {command: sh}\n...\n").says, testing::HasSubstr("cannot be added"));
  EXPECT_FALSE(merged("servers: ~ \n").text) << "what stands there is no place for lines below it";
}

TEST(YamlEdit, WhatIsAddedIsWhatTheConfigurationReads) {
  const Loaded loaded = test::load_yaml(*merged("version: 1\n").text);
  EXPECT_FALSE(loaded.config) << "the file of the secret is not there";
  EXPECT_EQ(loaded.diagnostics.size(), 1U) << render_text(loaded.diagnostics, false);
}

}  // namespace
}  // namespace sallyport::config
