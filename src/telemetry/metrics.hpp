// Counters, gauges and histograms, and their Prometheus text (exposition format 0.0.4).
//
// Everything here runs on the loop's thread, the admin listener included: values are plain numbers and
// nothing is locked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sallyport::telemetry {

enum class MetricType : std::uint8_t { counter, gauge, histogram };

std::string_view name(MetricType type) noexcept;

// What a metric is called and means; telemetry/metrics_names.hpp holds all of them.
struct MetricInfo {
  std::string_view name;
  std::string_view help;
  MetricType type;
  std::span<const std::string_view> labels{};
  std::span<const double> buckets{};  // upper bounds, ascending, without +Inf; histograms only
};

class Counter {
 public:
  void increment(std::uint64_t by = 1) noexcept { value_ += by; }
  std::uint64_t value() const noexcept { return value_; }

 private:
  std::uint64_t value_ = 0;
};

class Gauge {
 public:
  void set(double value) noexcept { value_ = value; }
  void add(double by) noexcept { value_ += by; }
  double value() const noexcept { return value_; }

 private:
  double value_ = 0;
};

class Histogram {
 public:
  explicit Histogram(std::span<const double> bounds) : bounds_(bounds), counts_(bounds.size() + 1) {}
  void observe(double value) noexcept;
  std::uint64_t count() const noexcept;
  double sum() const noexcept { return sum_; }
  std::span<const std::uint64_t> counts() const noexcept {
    return counts_;
  }  // by bucket, the last is above all

 private:
  std::span<const double> bounds_;
  std::vector<std::uint64_t> counts_;
  double sum_ = 0;
};

// Hands out series that live as long as it does: resolve one once, then count. Asking again for the same
// labels gives the same series. A metric has at most `max_series`; what comes after shares the one whose
// labels are all `_other`. Label values come from the catalogue and the config only; `_other` stands for the
// rest.
class Registry {
 public:
  static constexpr std::size_t max_series = 2000;
  static constexpr std::string_view other = "_other";

  using Labels = std::initializer_list<std::string_view>;  // values, in the order of MetricInfo::labels

  Counter& counter(const MetricInfo& info, Labels labels = {});
  Gauge& gauge(const MetricInfo& info, Labels labels = {});
  Histogram& histogram(const MetricInfo& info, Labels labels = {});

  // A gauge, or a counter that something else counts, read whenever the metrics are rendered: what `read`
  // holds on to must live as long as the registry. The last one given for the same labels counts.
  void sampled(const MetricInfo& info, std::function<double()> read, Labels labels = {});

  // Takes a gauge away that means nothing any more. Nobody holds on to it.
  void forget(const MetricInfo& info, Labels labels);

  // Calls `visit(info, labels, sample)` for every series: by name, then by label values.
  using Sample = std::variant<std::uint64_t, double, const Histogram*>;
  void each(const std::function<void(const MetricInfo& info, std::span<const std::string> labels,
                                     const Sample& sample)>& visit) const;

  // By name, then by label values: the same state gives the same text.
  std::string render() const;

 private:
  using Series = std::variant<Counter, Gauge, Histogram, std::function<double()>>;
  struct Family {
    const MetricInfo* info;
    std::map<std::vector<std::string>, std::unique_ptr<Series>> series;
  };

  Series& series(const MetricInfo& info, Labels labels, Series fresh);
  static void render_family(const Family& family, std::string& out);

  std::map<std::string_view, Family> families_;
};

}  // namespace sallyport::telemetry
