// What is meant for developers reaches agents by one exact phrase only.
#include "server/exposure.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::server {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(ExposureTest, NothingButThePhraseTurnsItOn) {
  const std::string phrase(acknowledgement());
  EXPECT_EQ(read_switch(phrase), Switch::on);
  EXPECT_EQ(read_switch(" " + phrase + "\n"), Switch::on);
  for (const std::string& meant : {std::string("1"), std::string("true"), std::string("yes"),
                                   std::string("ON"), phrase + ".", phrase.substr(1), "\"" + phrase + "\""})
    EXPECT_EQ(read_switch(meant), Switch::refused) << meant;
  std::string shouted = phrase;
  shouted[0] = 'I';
  EXPECT_EQ(read_switch(shouted), Switch::refused);
  for (const std::string_view off : {"", " ", "0", "false", "No", "off"})
    EXPECT_EQ(read_switch(off), Switch::off) << off;
}

Error made() {
  return Error(Code::tool_execution_failed)
      .with_developer_message("GET https://ann:pw@host.example/x?key=1 failed; token=hunter2")
      .with_cause(
          Error(Code::system_operation_failed).with_developer_message("the disk").note("while it wrote"));
}

TEST(ExposureTest, ShowsWhatWasAskedForAndNothingElse) {
  EXPECT_EQ(debug_text(made(), {}), "");
  const std::string message = debug_text(made(), {.developer_messages = true});
  EXPECT_THAT(message, AllOf(HasSubstr("\n\n[DEBUG] developer_message: GET "), Not(HasSubstr("trace"))));
  const std::string trace = debug_text(made(), {.traces = true});
  EXPECT_THAT(trace,
              AllOf(HasSubstr("[DEBUG] trace: "), HasSubstr("exposure_test.cpp:"), HasSubstr("the disk"),
                    HasSubstr("while it wrote"), Not(HasSubstr("developer_message"))));
  const std::string both = debug_text(made(), {true, true});
  for (const std::string_view secret : {"hunter2", "pw@", "key=1"}) EXPECT_THAT(both, Not(HasSubstr(secret)));
  EXPECT_THAT(debug_text(Error(Code::tool_timeout), {.developer_messages = true}),
              ::testing::EndsWith("[DEBUG] developer_message: none"));
}

TEST(ExposureTest, IsBounded) {
  const Error large = Error(Code::tool_execution_failed).with_developer_message(std::string(100'000, 'x'));
  EXPECT_LT(debug_text(large, {true, true}).size(), 10'000u);
}

}  // namespace
}  // namespace sallyport::server
