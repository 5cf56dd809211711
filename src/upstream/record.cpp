#include "upstream/record.hpp"

#include "pipeline/record.hpp"
#include "upstream/server.hpp"
#include "upstream/tool.hpp"

#include <algorithm>

namespace sallyport::upstream {
namespace {

// A name that only its caller wrote is repeated where it cannot be anything else (errors.md section 3).
std::string_view plain_name(const pipeline::Call& call) {
  const std::string_view raw = call.message->raw(protocol::Field::name, call.bytes);
  if (raw.size() < 3 || raw.size() > 130) return {};
  const std::string_view name = raw.substr(1, raw.size() - 2);
  const bool plain = std::ranges::all_of(name, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  });
  return plain ? name : std::string_view();
}

}  // namespace

std::string_view target_of(const pipeline::Call& call) {
  if (call.method() == protocol::Method::prompts_get) return call.own_name;
  if (!call.tool || (!call.tool->listed && plain_name(call).empty())) return {};
  return call.tool->name;
}

recovery::Facts facts_of(const pipeline::Call& call) {
  recovery::Facts facts;
  facts.operation = classify::operation_of(call.method());
  if (call.server) facts.server = call.server->key();
  if (call.tool) facts.tool = call.tool->name;
  facts.idempotent = call.idempotent;
  return facts;
}

telemetry::CallRecord record_of(const pipeline::Call& call, SystemTime now,
                                std::chrono::steady_clock::duration took) {
  telemetry::CallRecord record = pipeline::record_of(call, now, took);
  if (call.server) record.server = call.server->key();
  record.target = target_of(call);
  if (record.target.empty()) record.requested = plain_name(call);
  record.listed = call.tool && call.tool->listed;
  record.attempts = call.attempts;
  record.recovery = call.recovery;
  return record;
}

}  // namespace sallyport::upstream
