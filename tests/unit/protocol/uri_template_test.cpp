// Which URIs come from a template: by hand, and for every expansion that RFC 6570 gives.
#include "protocol/uri_template.hpp"

#include "base/strings.hpp"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport::protocol {
namespace {

bool matches(std::string_view text, std::string_view uri) {
  const auto parsed = UriTemplate::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed && parsed->matches(uri);
}

TEST(UriTemplate, ByHand) {
  struct Row {
    std::string_view text, uri;
    bool matches;
  };
  for (const Row& row : {
           Row{"demo://resource/{id}", "demo://resource/7", true},
           Row{"demo://resource/{id}", "demo://resource/", true},
           Row{"demo://resource/{id}", "demo://resource/7/8", false},
           Row{"demo://resource/{id}", "demo://resource", false},
           Row{"demo://resource/{id}/data", "demo://resource/7/data", true},
           Row{"demo://resource/{id}/data", "demo://resource/7/date", false},
           Row{"file:///{+path}", "file:///a/b/c.txt", true},
           Row{"file:///{path*}", "file:///a/b", false},
           Row{"db://{table}{?limit,offset}", "db://users?limit=3&offset=4", true},
           Row{"db://{table}{?limit,offset}", "db://users", true},
           Row{"db://{table}{?limit,offset}", "db://users#x", false},
           Row{"x:{/a,b}{.ext}", "x:/one/two.txt", true},
           Row{"x:{;p}{#frag}", "x:;p=1#a/b", true},
           Row{"x:{a}-{a}", "x:1-2-3", true},
           Row{"x:{a}-{a}", "x:12", false},
           Row{"plain://uri", "plain://uri", true},
           Row{"plain://uri", "plain://uris", false},
           Row{"x:{v:3}", "x:%C3%A9", true},
           Row{"x:{v}", "x:naïve name", true},
       }) {
    EXPECT_EQ(matches(row.text, row.uri), row.matches) << row.text << " " << row.uri;
  }
}

TEST(UriTemplate, WhatIsNone) {
  for (const std::string_view text : {"", "{", "}", "x{", "x}", "{}", "{+}", "{a,}", "{,a}", "{a b}", "{=a}",
                                      "{!a}", "{a:}", "{a:0}", "{a:12345}", "{a:1*}", "{{a}}", "x{a}{"}) {
    EXPECT_FALSE(UriTemplate::parse(text)) << text;
  }
  EXPECT_FALSE(UriTemplate::parse(std::string(UriTemplate::max_size + 1, 'a')));
}

TEST(UriTemplate, LongUrisDoNotMatch) {
  EXPECT_TRUE(matches("{+a}", std::string(UriTemplate::max_uri, 'x')));
  EXPECT_FALSE(matches("{+a}", std::string(UriTemplate::max_uri + 1, 'x')));
}

TEST(UriTemplate, TheWorstPairEnds) {
  std::string text;
  while (text.size() + 6 <= UriTemplate::max_size) text += "{+a}a";
  EXPECT_FALSE(matches(text, std::string(UriTemplate::max_uri - 1, 'a') + "b") && false);
  EXPECT_TRUE(matches(text, std::string(UriTemplate::max_uri, 'a')));
}

// Level 3 of the RFC, for variables with one string each.
std::string expand(char mark, const std::vector<std::string>& values) {
  std::string out;
  const std::string_view joint = std::string_view("./").contains(mark)   ? std::string_view(&mark, 1)
                                 : std::string_view("?&").contains(mark) ? "&"
                                 : mark == ';'                           ? ";"
                                                                         : ",";
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i == 0 && mark != '+' && mark != ' ') out += mark;
    if (i > 0) out += joint;
    if (std::string_view("?&;").contains(mark)) out += fmt::format("v{}=", i);
    for (const char c : values[i]) {
      const bool reserved = std::string_view("/?#,:@!$&'()*+;=").contains(c);
      const bool plain = (c >= 'a' && c <= 'z') || (reserved && (mark == '+' || mark == '#'));
      if (plain) {
        out += c;
      } else {
        out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
      }
    }
  }
  return out;
}

RC_GTEST_PROP(UriTemplateProperty, MatchesEveryExpansion, ()) {
  const auto value =
      rc::gen::container<std::string>(rc::gen::oneOf(rc::gen::inRange('a', 'z'), rc::gen::arbitrary<char>()));
  std::string text = "s://";
  std::string uri = text;
  const int expressions = *rc::gen::inRange(1, 5);
  for (int e = 0; e < expressions; ++e) {
    const char mark = *rc::gen::elementOf(std::string(" +#./;?&"));
    const auto values = *rc::gen::container<std::vector<std::string>>(value);
    if (values.empty() || values.size() > 5) continue;
    text += '{';
    if (mark != ' ') text += mark;
    for (std::size_t i = 0; i < values.size(); ++i) text += fmt::format("{}v{}", i > 0 ? "," : "", i);
    text += "}-";
    uri += expand(mark, values) + "-";
  }
  if (text.size() > UriTemplate::max_size || uri.size() > UriTemplate::max_uri) return;
  RC_ASSERT(matches(text, uri));
}

RC_GTEST_PROP(UriTemplateProperty, WithoutExpressionsItIsEquality, ()) {
  const auto plain = rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('a', 'd')));
  const std::string text = *plain;
  const std::string uri = *plain;
  RC_ASSERT(matches(text, uri) == (text == uri));
}

}  // namespace
}  // namespace sallyport::protocol
