// What a completion/complete asks about, what servers announce, and how both are said again.
#include "protocol/completion.hpp"

#include "protocol/capabilities.hpp"
#include "protocol/envelope.hpp"
#include "unit/protocol/parsed.hpp"

#include <string>

#include <gtest/gtest.h>

namespace sallyport::protocol {
namespace {

Result<Completion> asked(std::string_view params) {
  static std::string bytes;
  const Parsed parsed(R"({"jsonrpc":"2.0","id":1,"method":"completion/complete","params":)" +
                      std::string(params) + "}");
  bytes = parsed.bytes;  // what the views look at
  return read_completion(parsed.message, bytes);
}

TEST(Completion, OfPromptsAndResources) {
  const auto prompt =
      asked(R"({"ref":{"type":"ref/prompt","name":"p\u0041"},"argument":{"name":"a","value":""}})");
  ASSERT_TRUE(prompt);
  EXPECT_EQ(prompt->of, Completion::Of::prompt);
  EXPECT_EQ(prompt->ref, "pA");
  EXPECT_EQ(completion_params(*prompt, "own"),
            R"("ref":{"type":"ref/prompt","name":"own"},"argument":{"name":"a","value":""})");
  const auto resource = asked(
      R"({"ref":{"type":"ref/resource","uri":"x:{a}"},"argument":{"name":"a","value":"b"},"context":{"arguments":{"c":"d"}}})");
  ASSERT_TRUE(resource);
  EXPECT_EQ(resource->of, Completion::Of::resource);
  EXPECT_EQ(
      completion_params(*resource, "x:{a}"),
      R"("ref":{"type":"ref/resource","uri":"x:{a}"},"argument":{"name":"a","value":"b"},"context":{"arguments":{"c":"d"}})");
}

TEST(Completion, WhatIsWrongIsNamed) {
  struct Row {
    std::string_view params, pointer;
  };
  for (const auto& [params, pointer] : {
           Row{"{}", "params.ref"},
           Row{R"({"ref":[]})", "params.ref"},
           Row{R"({"ref":{}})", "params.ref.type"},
           Row{R"({"ref":{"type":"ref/tool","name":"x"}})", "params.ref.type"},
           Row{R"({"ref":{"type":"ref/prompt","uri":"x"}})", "params.ref.name"},
           Row{R"({"ref":{"type":"ref/resource","name":"x"}})", "params.ref.uri"},
           Row{R"({"ref":{"type":"ref/prompt","name":"x"}})", "params.argument"},
           Row{R"({"ref":{"type":"ref/prompt","name":"x"},"argument":{"value":"x"}})",
               "params.argument.name"},
           Row{R"({"ref":{"type":"ref/prompt","name":"x"},"argument":{"name":"x","value":1}})",
               "params.argument.value"},
           Row{R"({"ref":{"type":"ref/prompt","name":"x"},"argument":{"name":"x","value":""},"context":1})",
               "params.context"},
       }) {
    const auto refused = asked(params);
    ASSERT_FALSE(refused) << params;
    EXPECT_EQ(refused.error().code(), Code::proto_invalid_params);
    EXPECT_EQ(std::get<std::string>(*refused.error().slot(Slot::pointer)), pointer) << params;
  }
}

TEST(Capabilities, ReadAndSaidAgain) {
  const auto round = [](std::string_view capabilities, Revision spoken = latest_legacy) {
    const Parsed parsed(
        R"({"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":)" +
        std::string(capabilities) + "}}");
    std::string out;
    append_capabilities(out, read_capabilities(parsed.message, parsed.bytes, spoken), spoken);
    return out;
  };
  EXPECT_EQ(round("{}"), "{}");
  EXPECT_EQ(round("[]"), "{}");
  EXPECT_EQ(round(R"({"tools":true,"prompts":null,"logging":[]})"), "{}");
  EXPECT_EQ(round(R"({"tools":{},"resources":{"subscribe":"yes"},"x":{}})"),
            R"({"tools":{"listChanged":true},"resources":{"listChanged":true}})");
  EXPECT_EQ(
      round(R"({"logging":{},"completions":{},"prompts":{},"resources":{"subscribe":true},"to\u006fls":{}})"),
      R"({"tools":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true},"prompts":{"listChanged":true},)"
      R"("completions":{},"logging":{}})");
  EXPECT_EQ(round(R"({"prompts":{}})", Revision::v2024_11_05),
            R"({"prompts":{"listChanged":true},"completions":{}})");
  EXPECT_EQ(round(R"({"tools":{}})", Revision::v2024_11_05), R"({"tools":{"listChanged":true}})");
  constexpr std::string_view tasks = R"({"tasks":{"list":{},"cancel":{},"requests":{"tools":{"call":{}}}}})";
  EXPECT_EQ(round(tasks), tasks);
  EXPECT_EQ(round(tasks, Revision::v2025_06_18), "{}");
  constexpr std::string_view extension = R"({"extensions":{"io.modelcontextprotocol/tasks":{}}})";
  EXPECT_EQ(round(extension, latest_modern), extension);
  EXPECT_EQ(round(extension), "{}");
}

TEST(Capabilities, OfManyServers) {
  ServerCapabilities both{.tools = true};
  both |= {.prompts = true, .completions = true};
  EXPECT_EQ(both, (ServerCapabilities{.tools = true, .prompts = true, .completions = true}));
  EXPECT_TRUE(both.has(Topic::prompts));
  EXPECT_FALSE(both.has(Topic::resources));
}

}  // namespace
}  // namespace sallyport::protocol
