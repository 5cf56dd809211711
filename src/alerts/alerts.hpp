// Who is told of failures: looks at every call that failed and at what servers do outside of calls, and tells
// once.
#pragma once

#include "alerts/courier.hpp"
#include "alerts/gate.hpp"
#include "alerts/monitor.hpp"
#include "recovery/policy.hpp"
#include "telemetry/call_record.hpp"

#include <deque>
#include <optional>
#include <string_view>

namespace sallyport::alerts {

struct Settings {
  Thresholds thresholds{};
  recovery::Policy policy{};
  Secret webhook{};  // its URL; empty: none
  std::optional<net::DatagramTarget> syslog{};
  bool otlp = false;
  bool quarantine = false;                                    // of a server whose failure a rule escalates
  std::chrono::milliseconds window{std::chrono::minutes(5)};  // in which the same is told once
};

// The log always tells; the other receivers where the operator names them.
class Alerts final : public telemetry::CallObserver {
 public:
  static constexpr std::size_t kept = 50;  // of the last alerts, for operators who look

  Alerts(task::Loop& loop, telemetry::Registry& metrics);
  ~Alerts();  // after finish()

  // Puts these in force; what is open and what waits stays, unless its receiver is gone.
  void configure(const Settings& settings);
  // Whoever exports telemetry; empty: nobody does.
  void export_to(EventSink events);

  // Whoever can take a server out of use.
  using Quarantine = std::function<void(std::string_view server, Code because)>;
  void on_quarantine(Quarantine quarantine) { quarantine_ = std::move(quarantine); }

  void call_finished(const telemetry::CallRecord& record) override;
  // A request that never became a call was refused with this: callers can cause that at will.
  void refused(Code code, std::string_view caller);
  // What happened outside of any call; `server`: a key, or empty for the gateway itself.
  void incident(const Error& error, std::string_view server);

  const std::deque<Alert>& recent() const noexcept { return recent_; }  // the oldest first
  const Monitor& monitor() const noexcept { return monitor_; }

  // Tells what was counted and not told yet.
  Task<void> finish(SteadyTime until);

 private:
  void caused(Code code, std::string_view caller);
  void failed(const Error& error, std::string_view server, const recovery::Facts& facts,
              std::optional<CorrelationId> correlation);
  void offer(const Alert& alert);
  void tell(const Alert& alert);
  void wind();
  void set_webhook(const Secret& url);
  void set_otlp();

  task::Loop* loop_;
  telemetry::Registry* metrics_;
  Settings settings_;
  EventSink events_;
  Quarantine quarantine_;
  Monitor monitor_;
  Gate gate_;
  Courier webhook_;
  Courier syslog_;
  Courier otlp_;
  std::deque<Alert> recent_;
  task::Timer window_;
};

}  // namespace sallyport::alerts
