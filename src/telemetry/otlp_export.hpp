// Everything that leaves for the collector: spans of calls, metrics on an interval, log lines.
#pragma once

#include "telemetry/call_record.hpp"
#include "telemetry/otlp_http.hpp"
#include "telemetry/otlp_sender.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

namespace sallyport::telemetry {

struct OtlpOptions {
  std::chrono::milliseconds interval{60'000};  // of metrics
  bool developer_text = false;
  OtlpLimits limits{};
  OtlpService service{};  // its `instance` is made anew
};

// Listens at the hub and to the log from start() to finish(); between them no call waits for it.
class OtlpExport final : public CallObserver {
 public:
  OtlpExport(task::Loop& loop, Registry& metrics, std::unique_ptr<OtlpCollector> collector,
             OtlpOptions options);
  ~OtlpExport();

  // On the loop's thread. `hub` outlives this.
  void start(CallHub& hub);
  // Listens no more: another one may.
  void stop();
  // The same, and sends what is held back, at most until `until`.
  Task<void> finish(SteadyTime until);

  // A log record that somebody else made (otlp_text.hpp).
  void event(std::string record) { logs_.add(std::move(record)); }

  void call_finished(const CallRecord& record) override;
  void attempt_finished(const AttemptRecord& record) override;
  void run_finished(const RunRecord& record) override;

 private:
  void line(SystemTime time, log::Level level, std::string_view message, log::Fields fields);
  void report_metrics();

  task::Loop* loop_;
  Registry* metrics_;
  std::unique_ptr<OtlpCollector> collector_;
  OtlpOptions options_;
  SystemTime since_;
  OtlpSender traces_;
  OtlpSender numbers_;
  OtlpSender logs_;
  task::Timer interval_;
  CallHub* hub_ = nullptr;
  bool started_ = false;
  std::thread::id thread_;
  // Lines of other threads on their way to the loop.
  struct Inbox {
    OtlpExport* owner = nullptr;  // the loop's thread only
    std::atomic<int> waiting = 0;
    std::atomic<std::uint64_t> lost = 0;
  };
  std::shared_ptr<Inbox> inbox_;
};

}  // namespace sallyport::telemetry
