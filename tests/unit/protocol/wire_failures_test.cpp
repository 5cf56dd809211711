// Every code through every renderer, for all five revisions: surface, number, HTTP status, one line on an
// event stream, nothing for a cancelled call, and the caller's id as it came.
#include "errors/text.hpp"
#include "parsed.hpp"
#include "protocol/edge.hpp"
#include "protocol/failure.hpp"
#include "unit/errors/golden.hpp"

#include <array>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::protocol {
namespace {

CanonicalFailure failure(const Error& error, bool tools_call) {
  return render(error, {.server = "files", .tool = "read", .tools_call = tools_call});
}

std::string what_came(const CanonicalFailure& failure, Revision revision) {
  const std::string text = to_response(failure, "1", revision);
  if (text.empty()) return "nothing";
  const Parsed parsed(text);
  if (parsed.message.has(Field::is_error)) return "isError";
  return std::to_string(parsed.message.error_code(parsed.bytes));
}

std::string statuses(const Error& error, Stage stage, Method legacy, Method modern) {
  return std::to_string(http_status(error, Era::legacy, stage, legacy)) + '/' +
         std::to_string(http_status(error, Era::modern, stage, modern));
}

TEST(WireFailures, AreWhatTheTableSays) {
  std::ostringstream out;
  out << "# code | in tools/call and elsewhere, for each revision from 2024-11-05 to 2026-07-28 | HTTP "
         "status, "
         "legacy/modern: of a call, of initialize/server/discover, of what was not let in\n";
  for (const CatalogRow& row : catalog()) {
    const Error error = Error(row.code).with_executed(Executed::no);
    out << row.wire_name;
    for (const bool tools_call : {true, false}) {
      const CanonicalFailure shown = failure(error, tools_call);
      out << (tools_call ? " | in a call" : " | elsewhere");
      for (auto it = supported_revisions.rbegin(); it != supported_revisions.rend(); ++it)
        out << ' ' << what_came(shown, *it);
    }
    out << " | HTTP " << statuses(error, Stage::call, Method::tools_call, Method::tools_call) << ' '
        << statuses(error, Stage::call, Method::initialize, Method::server_discover) << ' '
        << statuses(error, Stage::edge, Method::unknown, Method::unknown) << '\n';
  }
  sallyport::testing::expect_golden("tests/golden/wire_failures.txt", out.str());
}

// A stream has begun, so there is no status left to choose: the same message, as one event.
TEST(WireFailures, InTheMiddleOfAStreamTheSameMessageIsOneLine) {
  constexpr std::array ids = {"1", "0", "-7", "9007199254740993", "\"a\"", "\"\\u00e9 \\n\"", "\"1\""};
  for (const CatalogRow& row : catalog()) {
    for (const bool tools_call : {true, false}) {
      const CanonicalFailure shown = failure(Error(row.code), tools_call);
      for (const Revision revision : supported_revisions) {
        for (const char* id : ids) {
          const std::string text = to_response(shown, id, revision);
          EXPECT_EQ(text.find_first_of("\r\n"), text.npos) << row.wire_name;
          ASSERT_EQ(text.empty(), row.surface == Surface::none) << row.wire_name;
          if (!text.empty()) EXPECT_EQ(Parsed(text).raw(Field::id), id) << row.wire_name;
        }
      }
    }
  }
}

TEST(WireFailures, ACancelledCallHearsNothingInAnyRevision) {
  for (const bool tools_call : {true, false}) {
    for (const Revision revision : supported_revisions)
      EXPECT_EQ(what_came(failure(Error(Code::proto_cancelled), tools_call), revision), "nothing");
  }
}

// A model reads nothing else: what failed, whether it ran, what to do, and how to refer to it.
TEST(WireFailures, TheTextAloneIsEnough) {
  for (const CatalogRow& row : catalog()) {
    for (const Executed executed : {Executed::no, Executed::maybe, Executed::yes}) {
      for (const bool can_retry : {true, false}) {
        const Error error = Error(row.code).with_executed(executed).with_can_retry(can_retry);
        const std::string text = render(error, {.tools_call = true}).text;
        const std::string_view ran = executed == Executed::no      ? " It did not run."
                                     : executed == Executed::maybe ? " It may have run: check before you"
                                                                   : " It ran, or began to: check before you";
        const CatalogRow& shown = shown_row(error);
        const bool secret = shown.code == Code::tool_not_found;  // nothing ran that could be told of
        const std::size_t where = text.find(secret ? " It did not run." : ran);
        ASSERT_NE(where, text.npos) << text;
        EXPECT_GT(where, 10U) << "it begins with what failed: " << text;
        EXPECT_EQ(text[where - 1], '.') << text;
        const std::size_t code = text.find(" (" + std::string(shown.wire_name));
        EXPECT_NE(code, text.npos) << text;
        const std::size_t advice = text.find(". ", where + 1);
        EXPECT_TRUE(advice < code || executed != Executed::no) << text;
      }
    }
  }
}

}  // namespace
}  // namespace sallyport::protocol
