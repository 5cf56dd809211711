#include "errors/template.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(Template, TakesSlotsInBrackets) {
  for (const std::string_view text :
       {"", "Plain.", "[Server '{server}'|A server] failed[ after {seconds} s].",
        "A[ {pointer}: {constraint}]"}) {
    EXPECT_TRUE(is_valid_template(text)) << text;
  }
}

TEST(Template, RefusesWhatCouldNotBeFilled) {
  for (const std::string_view text :
       {"{server} failed", "[no slot]", "[{unknown}]", "[{server}", "{server}]", "[[{server}]]", "[{server]",
        "[{}]", "a|b", "[{server}|{tool}]", "[{server}|a|b]", "]", "}", "[{server}}]"}) {
    EXPECT_FALSE(is_valid_template(text)) << text;
  }
}

TEST(Template, KnowsEverySlot) {
  for (std::size_t i = 0; i < slot_names.size(); ++i) EXPECT_EQ(slot_names[i].second, static_cast<Slot>(i));
  EXPECT_EQ(slot_names.back().second, Slot::version);
}

}  // namespace
}  // namespace sallyport
