#include "admin/recent_calls.hpp"

#include "admin/call_stats.hpp"

namespace sallyport::admin {

bool CallFilter::matches(const RecentCall& call) const noexcept {
  if (requests == Requests::calls && !is_call(call.method)) return false;
  if (ending == Ending::ok && call.outcome.code) return false;
  if (ending == Ending::failed && !failed(call.outcome)) return false;
  if (code && call.outcome.code != code) return false;
  if (server && call.server() != *server) return false;
  if (target && call.target() != *target && (!call.target().empty() || call.requested() != *target))
    return false;
  return ref.empty() || call.correlation.hex().starts_with(ref);
}

void RecentCalls::add(const telemetry::CallRecord& record) {
  const std::size_t place = (next_ - 1) % capacity_;
  if (place == ring_.size()) ring_.emplace_back();
  RecentCall& call = ring_[place];
  call.number = next_++;
  call.started = record.started;
  call.took = std::chrono::duration_cast<std::chrono::microseconds>(record.took);
  call.revision = record.revision;
  call.method = record.method;
  call.texts.assign({record.endpoint, record.principal, record.source, record.session, record.server,
                     record.target, record.requested});
  call.outcome = record.outcome;
  call.attempts = record.attempts;
  call.recovery = record.recovery;
  call.request_bytes = record.request_bytes;
  call.correlation = record.correlation;
  call.trace = record.trace.id;
  if (record.error) {
    call.error = *record.error;
  } else {
    call.error.reset();
  }
}

}  // namespace sallyport::admin
