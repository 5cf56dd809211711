// Tasks on the wire: what both revisions call their members, what is asked of a server's, and what clients
// wish.
#include "protocol/tasks.hpp"

#include "protocol/capabilities.hpp"
#include "unit/protocol/parsed.hpp"

#include <gtest/gtest.h>

namespace sallyport::protocol {
namespace {

constexpr Revision core = Revision::v2025_11_25;
constexpr Revision modern = Revision::v2026_07_28;

json::Span whole(std::string_view text) {
  return {0, static_cast<std::uint32_t>(text.size())};
}

TEST(Tasks, AreWrittenInTheWordsOfTheirRevision) {
  const TaskState task{.id = "a\"b",
                       .status = TaskStatus::input_required,
                       .message = "m",
                       .created = "c",
                       .updated = "u",
                       .ttl_ms = 5,
                       .poll_ms = 7};
  std::string out;
  append_task(out, task, core);
  EXPECT_EQ(out, R"("taskId":"a\"b","status":"input_required","statusMessage":"m","createdAt":"c",)"
                 R"("lastUpdatedAt":"u","ttl":5,"pollInterval":7)");
  out.clear();
  append_task(out, {.id = "i", .message = {}, .created = "c", .updated = "u"}, modern);
  EXPECT_EQ(out, R"("taskId":"i","status":"working","createdAt":"c","lastUpdatedAt":"u","ttlMs":null)");
  EXPECT_EQ(create_task_result(R"("x":1)", core), R"({"task":{"x":1}})");
  EXPECT_TRUE(create_task_result(R"("x":1)", modern).starts_with(R"({"resultType":"task","x":1,"_meta":)"));
  EXPECT_EQ(task_result(R"("x":1)", core), R"({"x":1})");
  EXPECT_EQ(task_notification(R"("x":1)"),
            R"({"jsonrpc":"2.0","method":"notifications/tasks/status","params":{"x":1}})");
  EXPECT_EQ(task_notification(R"("x":1)", "7"),
            R"({"jsonrpc":"2.0","method":"notifications/tasks","params":{"x":1,)"
            R"("_meta":{"io.modelcontextprotocol/subscriptionId":7}}})");
}

TEST(Tasks, ANotificationSaysWhichOneItIsAbout) {
  const auto related = [](std::string_view params) {
    const Parsed note(R"({"jsonrpc":"2.0","method":"notifications/message","params":)" + std::string(params) +
                      "}");
    return related_task(note.message, note.bytes);
  };
  EXPECT_EQ(related(R"({"_meta":)" + related_meta("a\"b") + "}"), "a\"b");
  for (const char* none :
       {"{}", R"({"_meta":[]})", R"({"_meta":{"io.modelcontextprotocol/related-task":"t"}})",
        R"({"_meta":{"io.modelcontextprotocol/related-task":{"taskId":7}}})", R"({"_meta":{"taskId":"t"}})"})
    EXPECT_EQ(related(none), "") << none;
}

TEST(Tasks, OneThatWasMadeIsReadFromTheAnswer) {
  const auto created = [](std::string_view rest) {
    const Parsed answer(R"({"jsonrpc":"2.0","id":1,)" + std::string(rest) + "}");
    return read_created_task(answer.message, answer.bytes);
  };
  const auto made = created(R"("result":{"task":{"taskId":"t","status":"working","createdAt":"c"}})");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->id, "t");
  for (const char* none : {R"("error":{"code":1,"message":"m"})", R"("result":{})",
                           R"("result":{"task":"t"})", R"("result":{"task":{"taskId":"t"}})"})
    EXPECT_FALSE(created(none)) << none;
}

TEST(Tasks, WhatAServerSaysOfOneIsReadOrIsNone) {
  const std::string good =
      R"({"taskId":"t","status":"working","statusMessage":"a\nb","createdAt":"c","ttlMs":9,"pollIntervalMs":1.5})";
  const auto seen = read_task(good, whole(good), modern);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->id, "t");
  EXPECT_EQ(seen->message, "a b");
  EXPECT_EQ(seen->updated, "c");
  EXPECT_EQ(seen->ttl_ms, 9);
  EXPECT_EQ(seen->poll_ms, std::nullopt);
  EXPECT_EQ(read_task(good, whole(good), core)->ttl_ms, std::nullopt) << "it is called ttl there";
  const std::string endless(2000, 'x');
  for (const std::string& bad :
       {std::string("{}"), std::string(R"({"taskId":7,"status":"working","createdAt":"c"})"),
        std::string(R"({"taskId":"","status":"working","createdAt":"c"})"),
        R"({"taskId":")" + endless + R"(","status":"working","createdAt":"c"})",
        std::string(R"({"taskId":"t","status":"sleeping","createdAt":"c"})"),
        std::string(R"({"taskId":"t","status":"working"})")})
    EXPECT_FALSE(read_task(bad, whole(bad), modern)) << bad;
  const std::string wordy =
      R"({"taskId":"t","status":"failed","createdAt":"c","statusMessage":")" + endless + R"("})";
  EXPECT_EQ(read_task(wordy, whole(wordy), core)->message.size(), 1024u);
}

TEST(Tasks, AWishIsAClientsOf20251125) {
  const auto wish = [](std::string_view task, Revision revision) {
    const Parsed call(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","task":)" +
                      std::string(task) + "}}");
    return read_task_wish(call.message, call.bytes, revision);
  };
  EXPECT_EQ(wish(R"({"ttl":5})", core)->value().ttl, std::chrono::milliseconds(5));
  EXPECT_EQ(wish("{}", core)->value().ttl, std::nullopt);
  EXPECT_EQ(*wish("7", modern), std::nullopt);
  EXPECT_EQ(*wish("7", Revision::v2025_06_18), std::nullopt);
  for (const char* bad : {"7", "[]", R"({"ttl":-1})", R"({"ttl":0})", R"({"ttl":1.5})", R"({"ttl":null})"})
    EXPECT_EQ(wish(bad, core).error().code(), Code::proto_invalid_params) << bad;
}

TEST(Tasks, TheExtensionIsDeclaredByAnObject) {
  EXPECT_TRUE(declares_tasks(R"({"extensions":{"io.modelcontextprotocol/tasks":{}}})"));
  for (const char* not_so : {"", "null", "{}", R"({"extensions":{}})", R"({"tasks":{}})",
                             R"({"extensions":{"io.modelcontextprotocol/tasks":true}})"})
    EXPECT_FALSE(declares_tasks(not_so)) << not_so;
}

TEST(Tasks, AListenNamesThem) {
  const auto listen = [](std::string_view ids) {
    return Parsed(
        R"({"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"taskIds":)" +
        std::string(ids) + "}}}");
  };
  const Parsed good = listen(R"(["b","a","b"])");
  EXPECT_TRUE(check_params(good.message, good.bytes));
  EXPECT_EQ(listen_tasks(good.message, good.bytes), (std::vector<std::string>{"a", "b"}));
  for (const char* bad : {"7", R"("a")", "[1]"}) {
    const Parsed wrong = listen(bad);
    EXPECT_EQ(check_params(wrong.message, wrong.bytes).error().code(), Code::proto_invalid_params) << bad;
  }
}

TEST(Tasks, ServersAnnounceThem) {
  const auto read = [](std::string_view capabilities, Revision spoken) {
    const Parsed answer(R"({"jsonrpc":"2.0","id":1,"result":{"capabilities":)" + std::string(capabilities) +
                        "}}");
    return read_capabilities(answer.message, answer.bytes, spoken);
  };
  constexpr std::string_view both =
      R"({"tasks":{"requests":{"tools":{"call":{}}}},"extensions":{"io.modelcontextprotocol/tasks":{}}})";
  EXPECT_TRUE(read(both, core).tasks);
  EXPECT_FALSE(read(both, core).tasks_extension);
  EXPECT_FALSE(read(both, modern).tasks);
  EXPECT_TRUE(read(both, modern).tasks_extension);
  EXPECT_FALSE(read(R"({"tasks":{"requests":{}}})", core).tasks);
}

}  // namespace
}  // namespace sallyport::protocol
