// Finished requests for tests: a tools/call that went well, to be changed.
#pragma once

#include "telemetry/call_record.hpp"

#include <string_view>

namespace sallyport::testing {

using namespace std::chrono_literals;

inline telemetry::CallRecord call(std::string_view server = "files", std::string_view tool = "read") {
  telemetry::CallRecord record;
  record.started = SystemTime(std::chrono::milliseconds(1'700'000'000'123));
  record.took = 2500us;
  record.method = protocol::Method::tools_call;
  record.revision = protocol::Revision::v2025_11_25;
  record.principal = "anonymous";
  record.source = "127.0.0.1";
  record.server = server;
  record.target = tool;
  record.listed = true;
  record.outcome.executed = Executed::yes;
  record.outcome.response_bytes = 40;
  record.request_bytes = 90;
  record.attempts = 1;
  return record;
}

inline telemetry::CallRecord failed_call(Code code = Code::tool_timeout, std::string_view server = "files",
                                         std::string_view tool = "read") {
  telemetry::CallRecord record = call(server, tool);
  record.outcome.code = code;
  record.outcome.kind = row(code).kind;
  record.outcome.executed = Executed::maybe;
  return record;
}

inline telemetry::CallRecord listing() {
  telemetry::CallRecord record = call("", "");
  record.method = protocol::Method::tools_list;
  record.listed = false;
  return record;
}

}  // namespace sallyport::testing
