#include "telemetry/metrics_names.hpp"

#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sallyport::telemetry {
namespace {

std::string label_list(const MetricInfo& info) {
  return info.labels.empty() ? "" : fmt::format("`{}`", fmt::join(info.labels, "`, `"));
}

}  // namespace

std::string render_metrics_page() {
  std::string page =
      "# Metrics\n\n"
      "<!-- Made of src/telemetry/metrics_names.hpp: UPDATE_GOLDEN=1 and the telemetry tests write it again. "
      "-->\n\n"
      "The admin listener serves them at `/metrics` in the Prometheus text format 0.0.4; `telemetry.otlp` "
      "sends the same to a\ncollector of OpenTelemetry. Label values come from our\n"
      "catalogue and the configuration only: a name that neither knows is counted as `_other`, and so is "
      "whatever\n";
  fmt::format_to(std::back_inserter(page),
                 "exceeds {} series of one metric.\n\n"
                 "| metric | type | labels | meaning |\n|---|---|---|---|\n",
                 Registry::max_series);
  for (const MetricInfo* info : metrics::all) {
    fmt::format_to(std::back_inserter(page), "| `{}` | {} | {} | {} |\n", info->name, name(info->type),
                   label_list(*info), info->help);
  }
  fmt::format_to(std::back_inserter(page), "\nBuckets of `{}`, in seconds: {}.\n",
                 metrics::call_duration.name, fmt::join(duration_buckets, ", "));
  return page;
}

}  // namespace sallyport::telemetry
