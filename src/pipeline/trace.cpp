#include "pipeline/trace.hpp"

#include "json/scanner.hpp"

#include <string>

namespace sallyport::pipeline {
namespace {

using protocol::Field;

std::string tracestate(const Call& call) {
  const json::Value meta = (*call.message)[Field::meta].value;
  if (!meta.is(json::Type::object)) return {};
  const json::Value state = json::find_member(call.bytes, meta.span, "tracestate").value;
  if (!state.is(json::Type::string)) return {};
  return std::string(telemetry::checked_tracestate(json::unescape(state.of(call.bytes))));
}

}  // namespace

telemetry::Trace begin_trace(const Call& call, bool trusted) {
  std::string scratch;
  std::optional<telemetry::TraceParent> caller;
  if (const auto text = call.message->text(Field::traceparent, call.bytes, scratch))
    caller = telemetry::TraceParent::parse(*text);
  telemetry::Trace trace = telemetry::begin_trace(caller, trusted);
  if (trace.parent.valid()) trace.state = tracestate(call);
  return trace;
}

}  // namespace sallyport::pipeline
