#include "admin/call_json.hpp"

#include "base/dates.hpp"
#include "json/scanner.hpp"
#include "protocol/catalog_json.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace sallyport::admin {
namespace {

namespace json = boost::json;

// Members whose value may be missing: null then.
void append_text(std::string& out, std::string_view key, std::string_view text) {
  out += fmt::format(R"(,"{}":)", key);
  if (text.empty()) {
    out += "null";
  } else {
    sallyport::json::append_quoted(out, text);
  }
}

}  // namespace

json::string json_text(std::string_view text) {
  return json::string(text.data(), text.size());
}

json::value error_json(const Error& error) {
  json::object object;
  object["code"] = json_text(wire_name(error.code()));
  object["name"] = json_text(full_name(error.code()));
  object["kind"] = json_text(name(error.kind()));
  object["executed"] = json_text(name(error.executed()));
  if (error.phase()) object["phase"] = json_text(name(*error.phase()));
  if (!error.developer_message().empty()) object["detail"] = json_text(error.developer_message());
  if (error.cause()) object["cause"] = error_json(*error.cause());
  return object;
}

void append_call(std::string& out, const RecentCall& call, std::string_view id) {
  const telemetry::Outcome& outcome = call.outcome;
  out += fmt::format(R"({{"id":"{}","started":"{}","ms":{:.3f},"method":"{}","revision":"{}")", id,
                     format_rfc3339_millis(call.started), static_cast<double>(call.took.count()) / 1000,
                     protocol::name(call.method), protocol::name(call.revision));
  append_text(out, "endpoint", call.endpoint());
  append_text(out, "server", call.server());
  append_text(out, "target", call.target());
  append_text(out, "requested", call.requested());
  append_text(out, "code", outcome.code ? wire_name(*outcome.code) : "");
  append_text(out, "kind", outcome.kind ? name(*outcome.kind) : "");
  append_text(out, "executed", name(outcome.executed));
  append_text(out, "degraded", outcome.degraded ? wire_name(*outcome.degraded) : "");
  out += fmt::format(R"(,"attempts":{},"requestBytes":{},"responseBytes":{})", call.attempts,
                     call.request_bytes, outcome.response_bytes);
  out += R"(,"recovery":)";
  out += call.recovery
             ? fmt::format(R"({{"strategy":"{}","attempts":{},"outcome":"{}"}})",
                           name(call.recovery->strategy), call.recovery->attempts, call.recovery->outcome)
             : "null";
  append_text(out, "principal", call.principal());
  append_text(out, "source", call.source());
  append_text(out, "session", call.session());
  append_text(out, "correlationId", call.correlation.hex());
  append_text(out, "traceId", call.trace.valid() ? call.trace.hex() : "");
  out += R"(,"error":)";
  out += call.error ? json::serialize(error_json(*call.error)) : "null";
  out += '}';
}

std::string catalog_json() {
  std::string out;
  for (const CatalogRow& row : catalog()) out += (out.empty() ? '[' : ',') + protocol::code_json(row);
  return out + "]\n";
}

}  // namespace sallyport::admin
