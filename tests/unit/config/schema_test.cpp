#include "config/schema.hpp"

#include "config/keys.hpp"
#include "unit/config/support.hpp"

#include <set>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::config {
namespace {

namespace json = boost::json;

void collect(const json::object& schema, const std::string& path, std::set<std::string>& out) {
  const auto at = [&](std::string_view name) {
    return path.empty() ? std::string(name) : path + "." + std::string(name);
  };
  if (const json::value* properties = schema.if_contains("properties")) {
    for (const auto& [name, value] : properties->as_object()) {
      out.insert(at(name));
      collect(value.as_object(), at(name), out);
    }
  }
  if (const json::value* forms = schema.if_contains("anyOf")) {
    for (const json::value& form : forms->as_array()) collect(form.as_object(), path, out);
  }
  const json::value* items = schema.if_contains("items");
  if (items != nullptr && items->is_object() && items->as_object().contains("properties")) {
    out.insert(at("*"));
    collect(items->as_object(), at("*"), out);
  }
  const json::value* others = schema.if_contains("additionalProperties");
  if (others != nullptr && others->is_object() && others->as_object().contains("properties")) {
    out.insert(at("*"));
    collect(others->as_object(), at("*"), out);
  }
}

TEST(Schema, ListsExactlyTheEnforcedKeys) {
  const json::value schema = json::parse(json_schema());
  std::set<std::string> listed;
  collect(schema.as_object(), "", listed);
  std::set<std::string> enforced;
  for (const Key& key : keys()) {
    if (key.enforced()) enforced.emplace(key.path);
  }
  EXPECT_EQ(listed, enforced);
}

TEST(Schema, HasDescriptionsDefaultsAndClosedSections) {
  const json::value schema = json::parse(json_schema());
  EXPECT_EQ(schema.at("$schema"), "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(schema.at("additionalProperties"), false);
  const json::value& server = schema.at("properties").at("servers").at("additionalProperties");
  EXPECT_EQ(server.at("additionalProperties"), false);
  const json::value& limits = schema.at("properties").at("limits").at("properties");
  EXPECT_EQ(limits.at("request").at("default"), "4MiB");
  EXPECT_EQ(limits.at("depth").at("default"), 64);
  EXPECT_THAT(std::string(limits.at("depth").at("description").as_string()), testing::HasSubstr("nesting"));
}

// Every `$ref` leads somewhere.
TEST(Schema, ReferencesAreDefined) {
  const std::string text = json_schema();
  const json::value parsed = json::parse(text);
  const json::object& definitions = parsed.at("$defs").as_object();
  constexpr std::string_view prefix = "\"#/$defs/";
  std::size_t count = 0;
  for (std::size_t i = text.find(prefix); i != std::string::npos; i = text.find(prefix, i + 1)) {
    const std::size_t start = i + prefix.size();
    EXPECT_TRUE(definitions.contains(text.substr(start, text.find('"', start) - start)));
    ++count;
  }
  EXPECT_GT(count, 10U);
}

TEST(Documentation, HasTheTableOfKeysAsItIs) {
  const std::string path = test::source_path("docs/configuration.md");
  std::string page = test::read(path);
  constexpr std::string_view begin = "<!-- keys: written by UPDATE_GOLDEN=1 test_config -->\n";
  constexpr std::string_view end = "<!-- /keys -->";
  const std::size_t start = page.find(begin);
  const std::size_t stop = page.find(end);
  ASSERT_NE(start, std::string::npos);
  ASSERT_NE(stop, std::string::npos);
  const std::size_t from = start + begin.size();
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::string fresh = page;
    fresh.replace(from, stop - from, key_table_markdown());
    std::ofstream(path, std::ios::binary) << fresh;
    page = fresh;
  }
  EXPECT_EQ(page.substr(from, page.find(end) - from), key_table_markdown())
      << "run UPDATE_GOLDEN=1 test_config";
}

}  // namespace
}  // namespace sallyport::config
