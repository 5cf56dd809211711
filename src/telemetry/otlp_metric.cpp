#include "telemetry/otlp_metric.hpp"

#include "telemetry/otlp_text.hpp"

#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sallyport::telemetry {
namespace {

std::string_view unit_of(std::string_view name) {
  if (name.ends_with("_total")) name.remove_suffix(6);
  if (name.ends_with("_seconds")) return "s";
  if (name.ends_with("_bytes")) return "By";
  return "1";
}

// AGGREGATION_TEMPORALITY_CUMULATIVE
constexpr std::string_view cumulative = R"("aggregationTemporality":2)";

class Encoder {
 public:
  Encoder(SystemTime since, SystemTime now) : since_(since), now_(now) {}

  void series(const MetricInfo& info, std::span<const std::string> labels, const Registry::Sample& sample) {
    if (info_ != &info) begin(info);
    if (out_.back() == '}') out_ += ',';
    out_ += '{';
    {
      OtlpAttributes attributes(out_);
      for (std::size_t i = 0; i < labels.size(); ++i) attributes.text(info.labels[i], labels[i]);
    }
    append_otlp_time(out_ += R"(,"startTimeUnixNano":)", since_);
    append_otlp_time(out_ += R"(,"timeUnixNano":)", now_);
    std::visit([&](const auto& value) { append(value); }, sample);
    out_ += '}';
  }

  std::vector<std::string> take() {
    end();
    return std::move(all_);
  }

 private:
  void begin(const MetricInfo& info) {
    end();
    info_ = &info;
    append_otlp_text(out_ = R"({"name":)", info.name);
    append_otlp_text(out_ += R"(,"description":)", info.help);
    append_otlp_text(out_ += R"(,"unit":)", unit_of(info.name));
    switch (info.type) {
      case MetricType::counter:
        out_.append(R"(,"sum":{"isMonotonic":true,)").append(cumulative).append(",");
        break;
      case MetricType::gauge:
        out_ += R"(,"gauge":{)";
        break;
      case MetricType::histogram:
        out_.append(R"(,"histogram":{)").append(cumulative).append(",");
        break;
    }
    out_ += R"("dataPoints":[)";
  }

  void end() {
    if (!info_) return;
    out_ += "]}}";
    all_.push_back(std::exchange(out_, {}));
    info_ = nullptr;
  }

  void append(std::uint64_t value) { fmt::format_to(std::back_inserter(out_), R"(,"asInt":"{}")", value); }
  void append(double value) { append_otlp_real(out_ += R"(,"asDouble":)", value); }
  void append(const Histogram* histogram) {
    fmt::format_to(std::back_inserter(out_), R"(,"count":"{}","sum":)", histogram->count());
    append_otlp_real(out_, histogram->sum());
    fmt::format_to(std::back_inserter(out_), R"(,"explicitBounds":[{}],"bucketCounts":[)",
                   fmt::join(info_->buckets, ","));
    bool first = true;
    for (const std::uint64_t count : histogram->counts())
      fmt::format_to(std::back_inserter(out_), R"({}"{}")", std::exchange(first, false) ? "" : ",", count);
    out_ += ']';
  }

  SystemTime since_;
  SystemTime now_;
  const MetricInfo* info_ = nullptr;
  std::string out_;
  std::vector<std::string> all_;
};

}  // namespace

std::vector<std::string> otlp_metrics(const Registry& registry, SystemTime since, SystemTime now) {
  Encoder encoder(since, now);
  registry.each([&](const MetricInfo& info, std::span<const std::string> labels,
                    const Registry::Sample& sample) { encoder.series(info, labels, sample); });
  return encoder.take();
}

}  // namespace sallyport::telemetry
