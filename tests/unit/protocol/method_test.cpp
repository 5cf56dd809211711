#include "protocol/method.hpp"

#include "protocol/revision.hpp"

#include <set>

#include <gtest/gtest.h>

namespace sallyport::protocol {
namespace {

TEST(Revision, NamesRoundTrip) {
  for (const Revision revision : supported_revisions) EXPECT_EQ(parse_revision(name(revision)), revision);
  for (const char* bad : {"", "2026-07-29", "2025-06-1", "2025-06-18 ", "v999.0.0"})
    EXPECT_FALSE(parse_revision(bad)) << bad;
}

TEST(Revision, TheListAsJsonIsTheList) {
  std::string json = "[";
  for (const Revision revision : supported_revisions) {
    if (json.size() > 1) json += ',';
    json += '"' + std::string(name(revision)) + '"';
  }
  EXPECT_EQ(json + ']', supported_revisions_json);
}

TEST(Revision, EraByName) {
  for (const char* modern : {"2026-07-28", "2026-07-29", "2027-01-01"})
    EXPECT_TRUE(names_modern_era(modern)) << modern;
  for (const char* other : {"2026-07-27", "2025-11-25", "v999.0.0", "", "2026-7-28", "2026-07-28x", "9999"})
    EXPECT_FALSE(names_modern_era(other)) << other;
}

TEST(Revision, Negotiation) {
  EXPECT_EQ(negotiate("2024-11-05"), Revision::v2024_11_05);
  EXPECT_EQ(negotiate("2025-11-25"), Revision::v2025_11_25);
  EXPECT_EQ(negotiate("2026-07-28"), Revision::v2025_11_25) << "initialize never negotiates the modern era";
  EXPECT_EQ(negotiate("1900-01-01"), Revision::v2025_11_25);
  EXPECT_EQ(negotiate(""), Revision::v2025_11_25);
}

TEST(Method, NamesAreUniqueAndFound) {
  std::set<std::string_view> seen;
  for (const MethodRow& entry : methods()) {
    EXPECT_TRUE(seen.insert(entry.name).second) << entry.name;
    EXPECT_EQ(find_method(entry.name), entry.method);
    EXPECT_EQ(entry.notification, entry.name.starts_with("notifications/")) << entry.name;
    EXPECT_LE(entry.since, entry.until) << entry.name;
  }
  for (const char* stranger : {"", "tools/Call", "tools/call ", "rpc.discover"})
    EXPECT_EQ(find_method(stranger), Method::unknown) << stranger;
}

TEST(Method, ServedHere) {
  const std::set<Method> legacy{Method::initialize,
                                Method::ping,
                                Method::tools_list,
                                Method::tools_call,
                                Method::prompts_list,
                                Method::prompts_get,
                                Method::resources_list,
                                Method::resources_templates_list,
                                Method::resources_read,
                                Method::completion_complete,
                                Method::resources_subscribe,
                                Method::resources_unsubscribe,
                                Method::logging_set_level,
                                Method::tasks_get,
                                Method::tasks_result,
                                Method::tasks_list,
                                Method::tasks_cancel,
                                Method::notifications_initialized,
                                Method::notifications_cancelled,
                                Method::notifications_progress};
  const std::set<Method> modern{Method::server_discover,
                                Method::tools_list,
                                Method::tools_call,
                                Method::prompts_list,
                                Method::prompts_get,
                                Method::resources_list,
                                Method::resources_templates_list,
                                Method::resources_read,
                                Method::completion_complete,
                                Method::subscriptions_listen,
                                Method::tasks_get,
                                Method::tasks_cancel,
                                Method::tasks_update,
                                Method::notifications_cancelled,
                                Method::notifications_progress};
  for (const MethodRow& entry : methods()) {
    for (const Revision revision : supported_revisions) {
      const auto& expected = era(revision) == Era::legacy ? legacy : modern;
      EXPECT_EQ(served(entry.method, revision),
                expected.contains(entry.method) && exists(entry.method, revision))
          << entry.name << " in " << name(revision);
    }
  }
  EXPECT_FALSE(served(Method::unknown, latest_modern));
}

TEST(Method, RemovedAndAddedByTheModernEra) {
  for (const char* removed : {"initialize", "ping", "logging/setLevel", "resources/subscribe",
                              "resources/unsubscribe", "tasks/result", "tasks/list", "roots/list"}) {
    EXPECT_TRUE(exists(find_method(removed), latest_legacy)) << removed;
    EXPECT_FALSE(exists(find_method(removed), latest_modern)) << removed;
  }
  for (const char* added : {"server/discover", "subscriptions/listen", "tasks/update"}) {
    EXPECT_FALSE(exists(find_method(added), latest_legacy)) << added;
    EXPECT_TRUE(exists(find_method(added), latest_modern)) << added;
  }
  EXPECT_FALSE(exists(Method::elicitation_create, Revision::v2025_03_26));
}

TEST(Method, TargetsAndCaching) {
  std::set<std::string_view> by_name;
  std::set<std::string_view> cached;
  for (const MethodRow& entry : methods()) {
    if (entry.name_source != NameSource::none) by_name.insert(entry.name);
    if (entry.cacheable) cached.insert(entry.name);
  }
  EXPECT_EQ(by_name, (std::set<std::string_view>{"tools/call", "prompts/get", "resources/read", "tasks/get",
                                                 "tasks/cancel", "tasks/update"}));
  EXPECT_EQ(cached,
            (std::set<std::string_view>{"server/discover", "tools/list", "prompts/list", "resources/list",
                                        "resources/templates/list", "resources/read"}));
}

}  // namespace
}  // namespace sallyport::protocol
