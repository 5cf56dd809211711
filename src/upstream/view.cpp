#include "upstream/view.hpp"

#include "base/dates.hpp"
#include "json/scanner.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace sallyport::upstream {

using protocol::List;
using protocol::Topic;

namespace {

// Of a server that nothing is known of yet. A session keeps what it was told when it began: it is told of
// tasks too, and who then asks a server for one that has none hears so.
constexpr protocol::ServerCapabilities whatever_it_may_be() {
  protocol::ServerCapabilities offers = protocol::ServerCapabilities::all();
  offers.tasks = offers.tasks_extension = true;
  return offers;
}

}  // namespace

View::View(std::span<const std::shared_ptr<Member>> members, bool single) {
  for (const protocol::ListRow& row : protocol::list_rows) pages(row.list).set_list(row.list);
  offers_.tools = true;  // a gateway without tools serves an empty list of them
  for (const std::shared_ptr<Member>& member : members) add(*member, single);
  for (const protocol::Pages::Item& item : resources_.resources()) pages(List::resources).add(item);
  for (const protocol::Pages::Item& item : resources_.templates()) pages(List::templates).add(item);
}

void View::add(Member& member, bool single) {
  const std::shared_ptr<Server>& server = member.server();
  const State state = server->state();
  if (state == State::disabled) return note_degraded(*server, nullptr);
  const bool certain = complete_;  // those before it are settled
  if (state == State::idle || state == State::starting)
    complete_ = complete_ && server->last_error().has_value();
  const std::shared_ptr<const Catalogue> catalogue = member.catalogue();
  knows_all_ = knows_all_ && catalogue;
  offers_ |= catalogue ? catalogue->offers : whatever_it_may_be();
  if (state != State::up) note_degraded(*server, catalogue.get());
  resources_.add(server, catalogue.get(), certain);
  if (!catalogue) return;
  catalogues_.push_back(catalogue);
  // Nobody else's names begin with its prefix.
  const bool own_names = single || !member.definition().prefix.empty();
  add_tools(server, *catalogue, single, certain || own_names);
  add_prompts(server, *catalogue, single, certain || own_names);
}

void View::add_tools(const std::shared_ptr<Server>& server, const Catalogue& catalogue, bool single,
                     bool certain) {
  for (const ToolPointer& tool : catalogue.tools) {
    const std::string& name = single ? tool->own_name : tool->exposed;
    if (!tools_.emplace(name, Tool{server, tool, certain}).second) {
      hidden_.push_back("tool " + tool->canonical());
      continue;
    }
    names_.push_back(name);
    pages(List::tools).add({tool->definition, name == tool->own_name ? std::string_view() : name});
  }
  for (const ToolPointer& tool : catalogue.denied) {
    denied_.emplace(single ? tool->own_name : tool->exposed, Tool{server, tool});
  }
}

void View::add_prompts(const std::shared_ptr<Server>& server, const Catalogue& catalogue, bool single,
                       bool certain) {
  for (const Prompt& prompt : catalogue.prompts) {
    const std::string& name = single ? prompt.key : prompt.exposed;
    if (!prompts_.emplace(name, PromptOf{server, prompt.key, catalogue.offers.completions, certain}).second) {
      hidden_.push_back("prompt " + server->key() + "/" + prompt.key);
      continue;
    }
    prompt_names_.push_back(name);
    pages(List::prompts).add({prompt.definition, name == prompt.key ? std::string_view() : name});
  }
}

// A server that is not up but whose tools are listed still has a list that is as old as its failure.
void View::note_degraded(const Server& server, const Catalogue* catalogue) {
  const std::string since = format_rfc3339(server.since());
  const auto why = [&]() -> std::string_view {
    if (server.state() == State::disabled) return "switched off by its operator since ";
    return server.state() == State::down ? "down since " : "not up yet; starting since ";
  };
  const Code cause = server.state() == State::disabled ? Code::system_maintenance
                     : server.last_error()             ? server.last_error()->code()
                                                       : Code::discovery_server_unavailable;
  const std::string key = json::quote(server.key());
  for (const protocol::ListRow& row : protocol::list_rows) {
    protocol::Pages& list = pages(row.list);
    if (catalogue && catalogue->offers.has(row.topic)) {
      list.set_stale(cause);
      list.add_degraded(
          fmt::format(R"({{"what":{},"why":{},"code":"{}","cause":"{}","server":{},"since":"{}"}})", key,
                      json::quote(fmt::format("{}{}; its list is the last that it gave", why(), since)),
                      wire_name(Code::recovery_stale_list), wire_name(cause), key, since));
    } else if (row.topic == Topic::tools || !catalogue) {
      // Of prompts and resources only what may have some is missed.
      list.add_degraded(fmt::format(R"({{"what":{},"why":{},"code":"{}","server":{},"since":"{}"}})", key,
                                    json::quote(std::string(why()) + since), wire_name(cause), key, since));
    }
  }
}

const View::Tool* View::find(std::string_view exposed) const {
  const auto found = tools_.find(exposed);
  return found == tools_.end() ? nullptr : &found->second;
}

const View::Tool* View::find_denied(std::string_view exposed) const {
  const auto found = denied_.find(exposed);
  return found == denied_.end() ? nullptr : &found->second;
}

const View::PromptOf* View::find_prompt(std::string_view exposed) const {
  const auto found = prompts_.find(exposed);
  return found == prompts_.end() ? nullptr : &found->second;
}

protocol::Topics View::difference(const View& other) const {
  protocol::Topics topics;
  for (const protocol::ListRow& row : protocol::list_rows) {
    const protocol::Pages& mine = pages_[static_cast<std::size_t>(row.list)];
    if (!mine.same_items(other.pages_[static_cast<std::size_t>(row.list)])) topics.add(row.topic);
  }
  return topics;
}

}  // namespace sallyport::upstream
