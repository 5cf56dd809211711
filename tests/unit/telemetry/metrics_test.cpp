#include "telemetry/metrics.hpp"

#include "telemetry/metrics_names.hpp"
#include "telemetry/process_metrics.hpp"

#include <array>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::telemetry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::array<std::string_view, 1> one_label = {"server"};
constexpr std::array<double, 3> bounds = {0.1, 1, 10};

constexpr MetricInfo hits{
    .name = "hits_total", .help = "Hits.", .type = MetricType::counter, .labels = one_label};
constexpr MetricInfo level{.name = "level", .help = "A level.", .type = MetricType::gauge};
constexpr MetricInfo wait{.name = "wait_seconds",
                          .help = "Waits.",
                          .type = MetricType::histogram,
                          .labels = one_label,
                          .buckets = bounds};

// Compares with a file of the repository; UPDATE_GOLDEN=1 writes it.
void expect_golden(const std::string& path, const std::string& text) {
  const std::string full = std::string(SALLYPORT_SOURCE_DIR) + "/" + path;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(full, std::ios::binary) << text;
  std::ifstream file(full, std::ios::binary);
  ASSERT_TRUE(file) << full;
  const std::string golden{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text, golden) << path << " is not current: UPDATE_GOLDEN=1";
}

TEST(Registry, RendersNothingWhenThereIsNothing) {
  EXPECT_EQ(Registry().render(), "");
}

TEST(Registry, RendersCountersAndGaugesInOrder) {
  Registry registry;
  registry.counter(hits, {"b"}).increment();
  registry.counter(hits, {"a"}).increment(41);
  registry.counter(hits, {"a"}).increment();
  registry.gauge(level).set(2.5);
  registry.gauge(level).add(-3);
  EXPECT_EQ(registry.render(),
            "# HELP hits_total Hits.\n"
            "# TYPE hits_total counter\n"
            "hits_total{server=\"a\"} 42\n"
            "hits_total{server=\"b\"} 1\n"
            "# HELP level A level.\n"
            "# TYPE level gauge\n"
            "level -0.5\n");
}

TEST(Registry, RendersHistogramsCumulatively) {
  Registry registry;
  Histogram& histogram = registry.histogram(wait, {"a"});
  for (const double value : {0.0, 0.1, 0.5, 1.0, 9.5, 10.5, 1000.0}) histogram.observe(value);
  EXPECT_EQ(histogram.count(), 7u);
  EXPECT_EQ(registry.render(),
            "# HELP wait_seconds Waits.\n"
            "# TYPE wait_seconds histogram\n"
            "wait_seconds_bucket{server=\"a\",le=\"0.1\"} 2\n"
            "wait_seconds_bucket{server=\"a\",le=\"1\"} 4\n"
            "wait_seconds_bucket{server=\"a\",le=\"10\"} 5\n"
            "wait_seconds_bucket{server=\"a\",le=\"+Inf\"} 7\n"
            "wait_seconds_sum{server=\"a\"} 1021.6\n"
            "wait_seconds_count{server=\"a\"} 7\n");
}

TEST(Registry, EscapesWhatTheFormatNeedsEscaped) {
  constexpr MetricInfo odd{
      .name = "odd", .help = "Line\nand \\ and \"quotes\".", .type = MetricType::gauge, .labels = one_label};
  Registry registry;
  registry.gauge(odd, {"a\"b\\c\nd"}).set(1);
  EXPECT_EQ(registry.render(),
            "# HELP odd Line\\nand \\\\ and \"quotes\".\n"
            "# TYPE odd gauge\n"
            "odd{server=\"a\\\"b\\\\c\\nd\"} 1\n");
}

TEST(Registry, RendersNumbersAsPrometheusReadsThem) {
  Registry registry;
  Gauge& gauge = registry.gauge(level);
  const auto rendered = [&](double value) {
    gauge.set(value);
    const std::string text = registry.render();
    return text.substr(text.rfind(' ') + 1);
  };
  EXPECT_EQ(rendered(0), "0\n");
  EXPECT_EQ(rendered(std::numeric_limits<double>::quiet_NaN()), "NaN\n");
  EXPECT_EQ(rendered(std::numeric_limits<double>::infinity()), "+Inf\n");
  EXPECT_EQ(rendered(-std::numeric_limits<double>::infinity()), "-Inf\n");
  EXPECT_EQ(rendered(1.5e300), "1.5e+300\n");
}

TEST(Registry, ReadsSampledValuesWhenItRenders) {
  Registry registry;
  int value = 1;
  registry.sampled(level, [&] { return static_cast<double>(value); });
  value = 7;
  EXPECT_THAT(registry.render(), HasSubstr("\nlevel 7\n"));
  registry.sampled(level, [] { return 8.0; });
  EXPECT_THAT(registry.render(), HasSubstr("\nlevel 8\n"));
}

TEST(Registry, HandlesStayWhereTheyAre) {
  Registry registry;
  Counter& first = registry.counter(hits, {"a"});
  for (int i = 0; i < 1000; ++i) registry.counter(hits, {std::to_string(i)}).increment();
  EXPECT_EQ(&registry.counter(hits, {"a"}), &first);
}

TEST(Registry, TooManySeriesShareOne) {
  Registry registry;
  for (std::size_t i = 0; i < Registry::max_series + 100; ++i)
    registry.counter(hits, {std::to_string(i)}).increment();
  const std::string text = registry.render();
  EXPECT_THAT(text, HasSubstr("hits_total{server=\"_other\"} 100\n"));
  EXPECT_THAT(text, HasSubstr("hits_total{server=\"0\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("hits_total{server=\"2000\"}")));
}

TEST(MetricNames, AreWellFormedAndDistinct) {
  std::set<std::string_view> names;
  for (const MetricInfo* info : metrics::all) {
    names.insert(info->name);
    EXPECT_TRUE(info->name.starts_with("sallyport_") || info->name.starts_with("process_")) << info->name;
    EXPECT_EQ(info->name.ends_with("_total"), info->type == MetricType::counter) << info->name;
    EXPECT_EQ(info->buckets.empty(), info->type != MetricType::histogram) << info->name;
    EXPECT_TRUE(info->help.ends_with('.')) << info->name;
    EXPECT_EQ(info->help.find_first_of("|\n"), info->help.npos) << info->name;
  }
  EXPECT_EQ(names.size(), metrics::all.size());
}

TEST(ProcessMetrics, AreReadFromTheSystem) {
  Registry registry;
  register_process_metrics(registry, "1.2.3", SystemTime(std::chrono::milliseconds(1'700'000'000'500)));
  const std::string text = registry.render();
  EXPECT_THAT(text, HasSubstr("sallyport_build_info{version=\"1.2.3\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("process_start_time_seconds 1700000000.5\n"));
  for (const std::string name : {"\nprocess_resident_memory_bytes ", "\nprocess_open_fds "}) {
    const std::size_t at = text.find(name);
    ASSERT_NE(at, text.npos) << name;
    EXPECT_GE(std::strtod(text.c_str() + at + name.size(), nullptr), 3) << name;
  }
}

// One of everything, as an operator's Prometheus would get it.
TEST(Exposition, IsAsTheGoldenFileHasIt) {
  Registry registry;
  for (const MetricInfo* info : metrics::all) {
    constexpr std::array<std::string_view, 4> values = {"files", "read_file", "ok", "tool_call"};
    const auto with_labels = [&](auto&& make) -> decltype(auto) {
      switch (info->labels.size()) {
        case 0:
          return make(Registry::Labels{});
        case 1:
          return make(Registry::Labels{values[0]});
        case 2:
          return make(Registry::Labels{values[0], values[1]});
        case 3:
          return make(Registry::Labels{values[0], values[1], values[2]});
        default:
          return make(Registry::Labels{values[0], values[1], values[2], values[3]});
      }
    };
    switch (info->type) {
      case MetricType::counter:
        with_labels([&](Registry::Labels labels) { registry.counter(*info, labels).increment(3); });
        break;
      case MetricType::gauge:
        with_labels([&](Registry::Labels labels) { registry.gauge(*info, labels).set(1); });
        break;
      case MetricType::histogram:
        with_labels([&](Registry::Labels labels) { registry.histogram(*info, labels).observe(0.25); });
        break;
    }
  }
  expect_golden("tests/golden/metrics.txt", registry.render());
}

TEST(MetricsPage, IsCurrent) {
  expect_golden("docs/metrics.md", render_metrics_page());
}

}  // namespace
}  // namespace sallyport::telemetry
