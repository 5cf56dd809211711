#include "pipeline/record.hpp"

namespace sallyport::pipeline {

telemetry::CallRecord record_of(const Call& call, SystemTime now, std::chrono::steady_clock::duration took) {
  telemetry::CallRecord record;
  record.started = now - std::chrono::duration_cast<SystemTime::duration>(took);
  record.took = took;
  record.revision = call.revision;
  record.method = call.method();
  record.request_id = call.message->id(call.bytes);
  record.endpoint = call.endpoint;
  record.principal = call.principal->name;
  record.source = call.principal->source;
  record.session = call.session;
  record.request_bytes = call.bytes.size();
  record.correlation = call.correlation;
  record.trace = call.trace;
  return record;
}

}  // namespace sallyport::pipeline
