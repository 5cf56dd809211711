#include "upstream/view.hpp"

#include "base/dates.hpp"
#include "json/scanner.hpp"
#include "protocol/envelope.hpp"

#include <fmt/format.h>

namespace sallyport::upstream {
namespace {

// How long a modern client may keep the list. Short while something is down: it comes back without being
// asked.
constexpr std::uint64_t ttl_ms = 60000;
constexpr std::uint64_t degraded_ttl_ms = 5000;

}  // namespace

View::View(std::span<const std::shared_ptr<Server>> servers, bool single) {
  for (const std::shared_ptr<Server>& server : servers) add(server, single);
}

void View::add(const std::shared_ptr<Server>& server, bool single) {
  const State state = server->state();
  if (state == State::idle || state == State::starting)
    complete_ = complete_ && server->last_error().has_value();
  if (state != State::up) note_degraded(*server);
  const std::shared_ptr<const Catalogue> catalogue = server->catalogue();
  if (!catalogue) return;
  for (const ToolPointer& tool : catalogue->tools) {
    const std::string& name = single ? tool->own_name : tool->exposed;
    if (!by_name_.emplace(name, entries_.size()).second) {
      hidden_.push_back(tool->canonical());
      continue;
    }
    entries_.emplace_back(name, Entry{server, tool});
    names_.push_back(name);
  }
  for (const ToolPointer& tool : catalogue->denied) {
    denied_.emplace(single ? tool->own_name : tool->exposed, Entry{server, tool});
  }
}

void View::note_degraded(const Server& server) {
  if (!degraded_.empty()) degraded_ += ',';
  const std::string since = format_rfc3339(server.since());
  const bool down = server.state() == State::down;
  const Code code = server.last_error() ? server.last_error()->code() : Code::discovery_server_unavailable;
  fmt::format_to(std::back_inserter(degraded_),
                 R"({{"what":{},"why":{},"code":"{}","server":{},"since":"{}"}})", json::quote(server.key()),
                 json::quote((down ? "down since " : "not up yet; starting since ") + since), wire_name(code),
                 json::quote(server.key()), since);
}

const View::Entry* View::find(std::string_view exposed) const {
  const auto found = by_name_.find(exposed);
  return found == by_name_.end() ? nullptr : &entries_[found->second].second;
}

const View::Entry* View::find_denied(std::string_view exposed) const {
  const auto found = denied_.find(exposed);
  return found == denied_.end() ? nullptr : &found->second;
}

std::shared_ptr<const std::string> View::list(protocol::Revision revision) const {
  auto& rendered = rendered_[static_cast<std::size_t>(revision)];
  if (rendered) return rendered;
  std::string tools = "[";
  for (const auto& [name, entry] : entries_) {
    if (tools.size() > 1) tools += ',';
    tools += render_tool(*entry.tool, name, revision);
  }
  tools += ']';
  const std::string degraded = degraded_.empty() ? "" : "[" + degraded_ + "]";
  rendered = std::make_shared<const std::string>(
      protocol::tools_list_result(revision, tools, {}, degraded_.empty() ? ttl_ms : degraded_ttl_ms,
                                  protocol::CacheScope::private_scope, degraded));
  return rendered;
}

}  // namespace sallyport::upstream
