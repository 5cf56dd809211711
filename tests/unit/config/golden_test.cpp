// Every sample in tests/golden/config with the diagnostics it must give; UPDATE_GOLDEN=1 writes them anew.
#include "config/diagnostic.hpp"
#include "unit/config/support.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::config {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> samples() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(test::source_path("tests/golden/config"))) {
    const std::string extension = entry.path().extension();
    if (extension == ".yaml" || extension == ".json") found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

Loaded load_sample(const fs::path& path) {
  Request request;
  request.machine = test::machine();
  const Source source{path.filename(), test::read(path)};
  (path.extension() == ".yaml" ? request.config : request.mcp_json) = source;
  return load(request);
}

class Golden : public testing::TestWithParam<fs::path> {};

TEST_P(Golden, Diagnostics) {
  const Loaded loaded = load_sample(GetParam());
  std::string actual = render_text(loaded.diagnostics, false);
  actual += loaded.config ? "valid\n" : "invalid\n";
  const std::string expected = GetParam().string() + ".txt";
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(expected, std::ios::binary) << actual;
  EXPECT_EQ(actual, test::read(expected));
}

TEST_P(Golden, NeverShowsASecret) {
  const Loaded loaded = load_sample(GetParam());
  EXPECT_THAT(render_text(loaded.diagnostics, true), testing::Not(testing::HasSubstr("canary")));
  EXPECT_THAT(render_json(loaded.diagnostics), testing::Not(testing::HasSubstr("canary")));
}

TEST_P(Golden, EveryErrorHasPlaceReasonAndRemedy) {
  for (const Diagnostic& diagnostic : load_sample(GetParam()).diagnostics) {
    EXPECT_GT(diagnostic.at.line, 0U) << diagnostic.what;
    EXPECT_GT(diagnostic.at.column, 0U) << diagnostic.what;
    EXPECT_NE(diagnostic.why, "") << diagnostic.what;
    if (diagnostic.severity != Severity::note) EXPECT_NE(diagnostic.instead, "") << diagnostic.what;
  }
}

std::string test_name(const testing::TestParamInfo<fs::path>& info) {
  std::string name = info.param.filename();
  std::ranges::replace(name, '.', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Samples, Golden, testing::ValuesIn(samples()), test_name);

TEST(GoldenSamples, FiveMistakesAreFiveDiagnostics) {
  const Loaded loaded = load_sample(test::source_path("tests/golden/config/five_mistakes.yaml"));
  EXPECT_FALSE(loaded.config);
  EXPECT_EQ(loaded.diagnostics.size(), 5U);
  EXPECT_TRUE(std::ranges::all_of(loaded.diagnostics,
                                  [](const Diagnostic& d) { return d.severity == Severity::error; }));
}

TEST(GoldenSamples, TheExampleIsValidAndTheOneInTheDocs) {
  const fs::path example = test::source_path("tests/golden/config/example.yaml");
  const Loaded loaded = load_sample(example);
  ASSERT_TRUE(loaded.config) << render_text(loaded.diagnostics, false);
  EXPECT_EQ(loaded.config->servers.size(), 2U);
  EXPECT_EQ(test::read(example), test::read(test::source_path("docs/sallyport.example.yaml")));
}

}  // namespace
}  // namespace sallyport::config
