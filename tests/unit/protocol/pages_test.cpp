// A list in pages: nothing is lost or comes twice, and only the cursors that were given out lead on.
#include "protocol/pages.hpp"

#include "json/dom.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport::protocol {
namespace {

struct Listed {
  explicit Listed(std::size_t count, std::size_t padding = 0, List list = List::prompts) {
    for (std::size_t i = 0; i < count; ++i)
      definitions.push_back(R"({"name":"p)" + std::to_string(i) + R"(","x":")" + std::string(padding, 'x') +
                            "\"}");
    pages.set_list(list);
    for (const std::string& definition : definitions) pages.add({definition, {}});
  }

  std::vector<std::string> definitions;
  Pages pages;
};

struct Page {
  std::vector<std::string> names;
  std::optional<std::string> next;
};

Page read(const Pages& pages, std::optional<std::string_view> cursor, Revision revision = latest_modern) {
  const auto text = pages.page(revision, cursor);
  EXPECT_TRUE(text);
  const auto dom = json::Dom::parse(**text);
  Page page;
  const simdjson::dom::element entries = *dom->at("/prompts");
  for (const auto entry : entries.get_array()) page.names.emplace_back(std::string_view(entry["name"]));
  if (const auto next = dom->at("/nextCursor")) page.next = std::string(std::string_view(*next));
  return page;
}

std::vector<std::string> read_all(const Pages& pages, std::size_t& count) {
  std::vector<std::string> names;
  std::optional<std::string> cursor;
  count = 0;
  do {
    Page page = read(pages, cursor);
    names.insert(names.end(), page.names.begin(), page.names.end());
    cursor = page.next;
    ++count;
  } while (cursor && count < 100);
  return names;
}

TEST(Pages, AShortListIsOnePageMadeOnce) {
  const Listed listed(max_page_entries);
  const auto page = listed.pages.page(latest_legacy, std::nullopt);
  ASSERT_TRUE(page);
  EXPECT_EQ(*listed.pages.page(latest_legacy, std::nullopt), *page);
  EXPECT_FALSE(read(listed.pages, std::nullopt).next);
  const Listed none(0);
  EXPECT_EQ(**none.pages.page(latest_legacy, std::nullopt), R"({"prompts":[]})");
}

TEST(Pages, EntriesAndBytesAreBounded) {
  std::size_t count = 0;
  EXPECT_EQ(read_all(Listed(2 * max_page_entries + 1).pages, count).size(), 2 * max_page_entries + 1);
  EXPECT_EQ(count, 3u);
  EXPECT_EQ(read_all(Listed(5, max_page_bytes / 2).pages, count).size(), 5u);
  EXPECT_EQ(count, 5u);
  EXPECT_EQ(read_all(Listed(2, 2 * max_page_bytes).pages, count).size(), 2u) << "one entry may be larger";
  EXPECT_EQ(count, 2u);
}

TEST(Pages, CursorsAreOfThisListOnly) {
  const Listed listed(2500), same(2500), longer(2501), other(2500, 0, List::resources);
  const std::string cursor = *read(listed.pages, std::nullopt).next;
  EXPECT_EQ(read(same.pages, cursor).names.front(), "p1000") << "another process that has the same list";
  for (const Pages* pages : {&longer.pages, &other.pages}) {
    const auto refused = pages->page(latest_modern, cursor);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Code::proto_invalid_cursor);
  }
  EXPECT_EQ(read(listed.pages, cursor, Revision::v2024_11_05).names, read(listed.pages, cursor).names);
  EXPECT_FALSE(Listed(10).pages.page(latest_modern, cursor));
  EXPECT_FALSE(listed.pages.page(latest_modern, ""));
}

RC_GTEST_PROP(PagesProperty, EveryEntryOnceInOrder, ()) {
  const auto count = *rc::gen::inRange<std::size_t>(0, 3500);
  const Listed listed(count);
  std::size_t pages = 0;
  const auto names = read_all(listed.pages, pages);
  RC_ASSERT(names.size() == count);
  for (std::size_t i = 0; i < count; ++i) RC_ASSERT(names[i] == "p" + std::to_string(i));
}

RC_GTEST_PROP(PagesProperty, AChangedCursorIsRefused, ()) {
  static const Listed listed(2500);
  static const std::string first = *read(listed.pages, std::nullopt).next;
  static const std::string second = *read(listed.pages, first).next;
  std::string cursor = first;
  const auto at = *rc::gen::inRange<std::size_t>(0, cursor.size());
  cursor[at] = *rc::gen::arbitrary<char>();
  const auto page = listed.pages.page(latest_modern, cursor);
  RC_ASSERT(page.has_value() == (cursor == first || cursor == second));
}

}  // namespace
}  // namespace sallyport::protocol
