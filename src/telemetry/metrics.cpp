#include "telemetry/metrics.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <iterator>
#include <numeric>
#include <utility>

#include <fmt/format.h>

namespace sallyport::telemetry {
namespace {

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

std::string number(std::uint64_t value) {
  return fmt::format("{}", value);
}

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\\' || (quotes && c == '"')) {
      out.append({'\\', c});
    } else {
      out += c;
    }
  }
}

// One line: name, suffix, labels (and `le`, unless empty), value.
void append_sample(std::string& out, const MetricInfo& info, std::string_view suffix,
                   std::span<const std::string> values, std::string_view bound, std::string_view value) {
  out.append(info.name).append(suffix);
  char separator = '{';
  const auto label = [&](std::string_view key, std::string_view text) {
    out += std::exchange(separator, ',');
    out.append(key).append("=\"");
    append_escaped(out, text, true);
    out += '"';
  };
  for (std::size_t i = 0; i < values.size(); ++i) label(info.labels[i], values[i]);
  if (!bound.empty()) label("le", bound);
  if (separator == ',') out += '}';
  out.append(" ").append(value).append("\n");
}

void append_histogram(std::string& out, const MetricInfo& info, std::span<const std::string> values,
                      const Histogram& histogram) {
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < histogram.counts().size(); ++i) {
    cumulative += histogram.counts()[i];
    const std::string bound = i < info.buckets.size() ? number(info.buckets[i]) : "+Inf";
    append_sample(out, info, "_bucket", values, bound, number(cumulative));
  }
  append_sample(out, info, "_sum", values, {}, number(histogram.sum()));
  append_sample(out, info, "_count", values, {}, number(cumulative));
}

}  // namespace

std::string_view name(MetricType type) noexcept {
  constexpr std::array<std::string_view, 3> names = {"counter", "gauge", "histogram"};
  return names[static_cast<std::size_t>(type)];
}

void Histogram::observe(double value) noexcept {
  const auto bucket = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
  ++counts_[static_cast<std::size_t>(bucket)];
  sum_ += value;
}

std::uint64_t Histogram::count() const noexcept {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

Registry::Series& Registry::series(const MetricInfo& info, Labels labels, Series fresh) {
  assert(labels.size() == info.labels.size());
  Family& family = families_.try_emplace(info.name, Family{&info, {}}).first->second;
  assert(family.info == &info);
  std::vector<std::string> key(labels.begin(), labels.end());
  if (!family.series.contains(key) && family.series.size() >= max_series) {
    std::ranges::fill(key, other);
  }
  std::unique_ptr<Series>& slot = family.series[std::move(key)];
  if (!slot) slot = std::make_unique<Series>(std::move(fresh));
  return *slot;
}

Counter& Registry::counter(const MetricInfo& info, Labels labels) {
  assert(info.type == MetricType::counter);
  return std::get<Counter>(series(info, labels, Counter()));
}

Gauge& Registry::gauge(const MetricInfo& info, Labels labels) {
  assert(info.type == MetricType::gauge);
  return std::get<Gauge>(series(info, labels, Gauge()));
}

Histogram& Registry::histogram(const MetricInfo& info, Labels labels) {
  assert(info.type == MetricType::histogram);
  return std::get<Histogram>(series(info, labels, Histogram(info.buckets)));
}

void Registry::sampled(const MetricInfo& info, std::function<double()> read, Labels labels) {
  assert(info.type != MetricType::histogram);
  series(info, labels, read) = read;
}

void Registry::forget(const MetricInfo& info, Labels labels) {
  assert(info.type == MetricType::gauge);
  const auto family = families_.find(info.name);
  if (family != families_.end()) family->second.series.erase({labels.begin(), labels.end()});
}

std::string Registry::render() const {
  std::string out;
  for (const auto& [name, family] : families_) render_family(family, out);
  return out;
}

void Registry::each(
    const std::function<void(const MetricInfo&, std::span<const std::string>, const Sample&)>& visit) const {
  struct Reader {
    Sample operator()(const Counter& counter) const { return counter.value(); }
    Sample operator()(const Gauge& gauge) const { return gauge.value(); }
    Sample operator()(const Histogram& histogram) const { return &histogram; }
    Sample operator()(const std::function<double()>& read) const { return read(); }
  };
  for (const auto& [name, family] : families_) {
    for (const auto& [labels, series] : family.series)
      visit(*family.info, labels, std::visit(Reader(), *series));
  }
}

void Registry::render_family(const Family& family, std::string& out) {
  const MetricInfo& info = *family.info;
  out.append("# HELP ").append(info.name).append(" ");
  append_escaped(out, info.help, false);
  fmt::format_to(std::back_inserter(out), "\n# TYPE {} {}\n", info.name, name(info.type));
  for (const auto& [labels, series] : family.series) {
    if (const auto* histogram = std::get_if<Histogram>(series.get())) {
      append_histogram(out, info, labels, *histogram);
    } else if (const auto* counter = std::get_if<Counter>(series.get())) {
      append_sample(out, info, {}, labels, {}, number(counter->value()));
    } else if (const auto* gauge = std::get_if<Gauge>(series.get())) {
      append_sample(out, info, {}, labels, {}, number(gauge->value()));
    } else {
      append_sample(out, info, {}, labels, {}, number(std::get<std::function<double()>>(*series)()));
    }
  }
}

}  // namespace sallyport::telemetry
