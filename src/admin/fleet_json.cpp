#include "admin/fleet_json.hpp"

#include "admin/call_json.hpp"
#include "base/dates.hpp"
#include "json/scanner.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace sallyport::admin {
namespace {

namespace json = boost::json;
using sallyport::json::quote;

json::object breaker_json(const upstream::Status& status) {
  json::array parts;
  for (const upstream::Breaker::Part& part : status.open_parts) {
    parts.push_back({{"scope", json_text(name(part.scope))},
                     {"tool", part.tool.empty() ? json::value() : json::value(json_text(part.tool))},
                     {"caller", part.caller.empty() ? json::value() : json::value(json_text(part.caller))},
                     {"state", json_text(name(part.state))},
                     {"probeInMs", part.probe_in.count()}});
  }
  return {{"state", json_text(name(status.breaker))}, {"parts", std::move(parts)}};
}

void append_tool(std::string& out, std::string_view exposed, const upstream::View::Tool& entry) {
  const upstream::Tool& tool = *entry.tool;
  const std::string timeout = tool.timeout ? std::to_string(tool.timeout->count()) : "null";
  out += fmt::format(
      R"({{"name":{},"server":{},"target":{},"state":"{}","idempotent":{},"timeoutMs":{},"definition":{}}})",
      quote(exposed), quote(tool.server), quote(tool.name), name(entry.server->state()), tool.idempotent,
      timeout,
      protocol::render_entry(protocol::List::tools, tool.definition, exposed, protocol::latest_modern));
}

json::array names_of(std::span<const upstream::ToolPointer> tools) {
  json::array names;
  for (const upstream::ToolPointer& tool : tools) names.push_back(json_text(tool->name));
  return names;
}

// What of a server is in no list: denied by the operator, or left out because it breaks a rule.
json::object rest_json(upstream::Member& member) {
  const upstream::Server& server = *member.server();
  const auto catalogue = member.catalogue();
  json::array dropped;
  if (catalogue) {
    for (const std::string& line : catalogue->dropped) dropped.push_back(json_text(line));
  }
  return {{"server", server.key()},
          {"state", json_text(name(server.state()))},
          {"since", format_rfc3339(server.since())},
          {"listed", catalogue ? catalogue->tools.size() : 0},
          {"denied", catalogue ? names_of(catalogue->denied) : json::array()},
          {"dropped", std::move(dropped)}};
}

}  // namespace

json::object server_json(const upstream::Status& status) {
  json::object object;
  object["name"] = status.name;
  object["transport"] = status.stdio ? "stdio" : "http";
  object["state"] = json_text(name(status.state));
  object["since"] = format_rfc3339(status.since);
  object["quarantine"] =
      status.quarantined ? json::value(json_text(wire_name(*status.quarantined))) : json::value();
  object["lastError"] = status.last_error ? error_json(*status.last_error) : json::value();
  object["era"] = status.revision ? json::value(json_text(protocol::name(protocol::era(*status.revision))))
                                  : json::value();
  object["revision"] =
      status.revision ? json::value(json_text(protocol::name(*status.revision))) : json::value();
  object["pid"] = status.pid ? json::value(*status.pid) : json::value();
  object["restarts"] = status.restarts;
  object["tools"] = status.tools;
  object["resources"] = status.resources;
  object["resourceTemplates"] = status.templates;
  object["prompts"] = status.prompts;
  object["instances"] = status.instances;
  object["inFlight"] = status.in_flight;
  object["concurrencyLimit"] = status.concurrency_limit;
  object["breaker"] = breaker_json(status);
  return object;
}

std::string servers_json(const upstream::Fleet& fleet) {
  json::array servers;
  for (const auto& member : fleet.current()->members()) servers.push_back(server_json(member->status()));
  return json::serialize(servers) + "\n";
}

std::string tools_json(upstream::Fleet& fleet, std::string_view endpoint) {
  const std::shared_ptr<const upstream::View> view = fleet.current()->view(endpoint);
  std::string out = fmt::format(R"({{"endpoint":{},"complete":{},"tools":[)",
                                endpoint.empty() ? "null" : quote(endpoint), view->complete());
  bool first = true;
  for (const std::string& exposed : view->names()) {
    const upstream::View::Tool* entry = view->find(exposed);
    if (!entry) continue;
    if (!std::exchange(first, false)) out += ',';
    append_tool(out, exposed, *entry);
  }
  json::array servers;
  for (const auto& member : fleet.current()->members()) {
    if (endpoint.empty() || member->key() == endpoint) servers.push_back(rest_json(*member));
  }
  json::array hidden;
  for (const std::string& tool : view->hidden()) hidden.push_back(json_text(tool));
  out += fmt::format(R"(],"servers":{},"hidden":{}}})", json::serialize(servers), json::serialize(hidden)) +
         "\n";
  return out;
}

}  // namespace sallyport::admin
