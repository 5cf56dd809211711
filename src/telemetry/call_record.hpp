// One finished request as plain values, and the hub that tells whoever listens: access log, spans, live tail.
#pragma once

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "errors/error.hpp"
#include "protocol/failure.hpp"
#include "protocol/method.hpp"
#include "telemetry/trace_context.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace sallyport::telemetry {

// How a request ended, as its caller sees it.
struct Outcome {
  std::optional<Code> code;  // absent: it went well
  std::optional<Kind> kind;  // with a code
  Executed executed = Executed::no;
  std::optional<Code> degraded;  // RECOVERY_…: it went well in another way than usual
  bool tool_error = false;       // the tool said `isError`
  std::optional<int> rpc_code;   // the server answered with this JSON-RPC error
  std::size_t response_bytes = 0;

  std::string_view code_name() const noexcept { return code ? wire_name(*code) : "ok"; }
};

// The views live as long as the observer's call: who keeps something copies it. No member holds an argument,
// a header or a session id.
struct CallRecord {
  SystemTime started{};  // by the system's clock: a date, never a measure
  std::chrono::steady_clock::duration took{};
  protocol::Revision revision = protocol::latest_legacy;
  protocol::Method method = protocol::Method::unknown;
  std::string_view request_id;  // raw JSON text
  std::string_view endpoint;    // the key of one server, or empty: all
  std::string_view principal;
  std::string_view source;   // an address, or "stdio"
  std::string_view session;  // a tag that stands for the session, empty without one
  std::string_view server;   // the key of the server that it was for, empty if none was found
  // The tool or prompt by the server's own name, once it is known to be of the caller's view; never a URI.
  std::string_view target;
  std::string_view requested;  // without a target: the name that was asked for, if it is a plain one
  bool listed = false;         // the server lists the target: a name of our catalogue, fit for a label
  Outcome outcome;
  int attempts = 0;                                // at a server; 0: none was asked
  std::optional<protocol::RecoveryNote> recovery;  // what was done about a failure
  std::size_t request_bytes = 0;
  CorrelationId correlation;
  Trace trace;
  const Error* error = nullptr;  // what the gateway itself failed with
  std::string_view told;         // of a server of ours that failed: its words for the caller

  SystemTime ended() const noexcept {
    return started + std::chrono::duration_cast<SystemTime::duration>(took);
  }
};

// A function of a server of ours that ran for a request, or for another function.
struct RunRecord {
  SystemTime started{};
  std::chrono::steady_clock::duration took{};
  protocol::Method method = protocol::Method::unknown;  // that it ran for
  std::string_view target;                              // the tool or prompt; never a URI
  Outcome outcome;
  std::string_view correlation;
  Trace trace;  // its parent is whatever it ran for
  const Error* error = nullptr;
  std::string_view told;  // as in CallRecord

  SystemTime ended() const noexcept {
    return started + std::chrono::duration_cast<SystemTime::duration>(took);
  }
};

// One request to a server on behalf of a call.
struct AttemptRecord {
  SystemTime started{};
  std::chrono::steady_clock::duration took{};
  protocol::Method method = protocol::Method::unknown;
  std::string_view server;
  std::string_view target;  // as in CallRecord, and so is `listed`
  bool listed = false;
  std::optional<protocol::Revision> revision;  // that the server speaks, once that is known
  std::string_view address;                    // the host of an HTTP server; empty: a child process
  std::uint16_t port = 0;
  int number = 1;  // counted from 1
  Outcome outcome;
  CorrelationId correlation;
  TraceId trace;
  SpanId parent;  // the call's
  SpanId span;
  std::string_view state;  // the `tracestate` of a trace that goes on
  const Error* error = nullptr;

  SystemTime ended() const noexcept {
    return started + std::chrono::duration_cast<SystemTime::duration>(took);
  }
};

// What a server is asked on a caller's behalf, as opposed to what the gateway answers from what it knows.
bool reaches_a_server(protocol::Method method) noexcept;

class CallObserver {
 public:
  virtual void call_finished(const CallRecord& record) = 0;
  virtual void attempt_finished(const AttemptRecord&) {}
  virtual void run_finished(const RunRecord&) {}

 protected:
  ~CallObserver() = default;
};

// Who listens. While nobody does, no record is made; one thread, the loop's. An observer is quick: what takes
// time goes into a bounded queue of its own.
class CallHub {
 public:
  CallHub() = default;
  CallHub(const CallHub&) = delete;
  CallHub& operator=(const CallHub&) = delete;

  // Neither from within an observer's call. `remove` of who does not listen is nothing.
  void add(CallObserver& observer) { observers_.push_back(&observer); }
  void remove(CallObserver& observer) noexcept { std::erase(observers_, &observer); }
  bool listening() const noexcept { return !observers_.empty(); }

  // Are spans wanted? Without, no ids are minted and nothing is added to what servers get.
  void set_tracing(bool on) noexcept { tracing_ = on; }
  bool tracing() const noexcept { return tracing_; }

  void finished(const CallRecord& record) const {
    for (CallObserver* observer : observers_) observer->call_finished(record);
  }
  void finished(const AttemptRecord& record) const {
    for (CallObserver* observer : observers_) observer->attempt_finished(record);
  }
  void finished(const RunRecord& record) const {
    for (CallObserver* observer : observers_) observer->run_finished(record);
  }

 private:
  std::vector<CallObserver*> observers_;
  bool tracing_ = false;
};

}  // namespace sallyport::telemetry
