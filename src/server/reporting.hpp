// The telemetry of a server: spans, numbers and log lines on their way to its collector.
#pragma once

#include "server/collector.hpp"
#include "telemetry/call_record.hpp"
#include "telemetry/metrics.hpp"
#include "telemetry/otlp_export.hpp"

#include <memory>
#include <string>

namespace sallyport::server {

struct ReportingOptions {
  Collector collector;
  std::string name;     // the server's
  std::string version;  // the server's
  bool developer_text = false;
};

// From open() to finish(). No call waits for it, and a collector that is away costs none anything.
class Reporting final : public telemetry::CallObserver {
 public:
  // `metrics` and `calls` outlive it. CONFIG_001 for authorities that cannot be read.
  static Result<std::unique_ptr<Reporting>> open(task::Loop& loop, telemetry::Registry& metrics,
                                                 telemetry::CallHub& calls, ReportingOptions options);
  ~Reporting();

  // Sends what is held back, at most until `until`.
  Task<void> finish(SteadyTime until);

  void call_finished(const telemetry::CallRecord& record) override;  // counts

 private:
  Reporting(task::Loop& loop, telemetry::Registry& metrics, telemetry::CallHub& calls,
            std::unique_ptr<telemetry::OtlpCollector> collector, ReportingOptions options);

  telemetry::Registry* metrics_;
  telemetry::CallHub* calls_;
  std::string name_;
  telemetry::OtlpExport otlp_;
};

}  // namespace sallyport::server
