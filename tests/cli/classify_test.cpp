// `sallyport classify` as a user pipes failures into it.
#include "child.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport::test {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

const std::string golden = SALLYPORT_SOURCE_DIR "/tests/golden/classify/";

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// UPDATE_GOLDEN=1 writes the file instead.
void expect_golden(const std::string& path, const std::string& text) {
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
  } else {
    EXPECT_EQ(text, content(path)) << path;
  }
}

class Classify : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "sallyport-classify-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string write(std::string_view name, std::string_view text) const {
    std::string path = directory_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  Outcome classify(std::string_view lines, std::vector<std::string> arguments = {}) const {
    arguments.insert(arguments.begin(), "classify");
    return run(SALLYPORT_BINARY, std::move(arguments), write("lines", lines));
  }

  std::filesystem::path directory_;
};

TEST_F(Classify, AnswersEachLineAsTheGoldenFilesSay) {
  const std::string failures = golden + "failures.jsonl";
  const Outcome alone = run(SALLYPORT_BINARY, {"classify"}, failures);
  EXPECT_EQ(alone.code, 1) << "some lines are not valid";
  expect_golden(golden + "answers.jsonl", alone.out);
  const Outcome with_policy =
      run(SALLYPORT_BINARY, {"classify", "--config", golden + "policy.yaml"}, failures);
  expect_golden(golden + "answers_with_policy.jsonl", with_policy.out);
  std::istringstream lines(content(failures));
  std::istringstream answers(alone.out);
  int failed = 0;
  for (std::string line, answer; std::getline(lines, line);) {
    ASSERT_TRUE(std::getline(answers, answer)) << line;
    if (answer.starts_with("{\"error\":")) ++failed;
  }
  EXPECT_EQ(failed, 8);
}

TEST_F(Classify, ExitsWith0WhereEveryLineIsValid) {
  const Outcome good =
      classify("{\"source\":\"http\",\"status\":200}\n\n  \n{\"source\":\"curl\",\"code\":7}");
  EXPECT_EQ(good.code, 0) << good.err;
  EXPECT_THAT(good.out,
              StartsWith("{\"class\":null}\n{\"class\":\"NetworkTransportError\",\"code\":\"NET_002\""));
  EXPECT_EQ(classify("").code, 0);
  const Outcome bad = classify("{\"source\":\"http\"}\n{\"source\":\"http\",\"status\":200}\n");
  EXPECT_EQ(bad.code, 1);
  EXPECT_THAT(bad.out, EndsWith("}}\n{\"class\":null}\n"));
  EXPECT_THAT(bad.out, HasSubstr("\"line\":1,\"pointer\":\"/status\""));
}

TEST_F(Classify, ALineThatIsTooLongIsPassedOver) {
  const std::string endless(3 << 20, 'x');
  const Outcome outcome = classify(endless + "\n{\"source\":\"http\",\"status\":200}\n" + endless);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("\"line\":1"));
  EXPECT_THAT(outcome.out, HasSubstr("\n{\"class\":null}\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\"line\":3"));
  EXPECT_LT(outcome.out.size(), 1000U);
}

TEST_F(Classify, AnswersALineBeforeTheNextOneComes) {
  const std::string fifo = directory_ / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  Child child(SALLYPORT_BINARY, {"classify"}, fifo);
  const int input = ::open(fifo.c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_GE(input, 0);
  for (const std::string_view line :
       {"{\"source\":\"grpc\",\"code\":14}\n", "{\"source\":\"errno\",\"code\":32}\n"}) {
    ASSERT_EQ(::write(input, line.data(), line.size()), static_cast<ssize_t>(line.size()));
    EXPECT_THAT(child.wait_for_output_line(), StartsWith("{\"class\":"));
  }
  ::close(input);
  EXPECT_EQ(child.wait().code, 0);
}

TEST_F(Classify, AConfigurationThatIsWrongIsExplained) {
  const Outcome outcome = classify("", {"--config", write("bad.yaml", "version: 1\nrecovery: {}\n")});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("recovery"));
}

}  // namespace
}  // namespace sallyport::test
