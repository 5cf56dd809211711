#include "admin/catalogue_json.hpp"

#include "json/scanner.hpp"
#include "json/text.hpp"
#include "protocol/entry.hpp"
#include "protocol/lists.hpp"
#include "protocol/pages.hpp"

#include <memory>

#include <fmt/format.h>

namespace sallyport::admin {
namespace {

using json::quote;
using protocol::List;
using ServerPointer = std::shared_ptr<upstream::Server>;

// `{"total", "entries": […]}`, entry by entry.
class Entries {
 public:
  explicit Entries(List list) : list_(list) {}

  void add(std::string_view name, const ServerPointer& server, std::string_view definition) {
    if (total_++ >= most_entries) return;
    if (!entries_.empty()) entries_ += ',';
    entries_ += fmt::format(R"({{"name":{},"server":{},"state":{},"definition":{}}})", quote(name),
                            server ? quote(server->key()) : "null",
                            server ? quote(upstream::name(server->state())) : "null",
                            protocol::render_entry(list_, definition, name, protocol::latest_modern));
  }
  std::string text() const { return fmt::format(R"({{"total":{},"entries":[{}]}})", total_, entries_); }

 private:
  List list_;
  std::size_t total_ = 0;
  std::string entries_;
};

// Under what an agent finds it.
std::string name_of(List list, const protocol::Pages::Item& item) {
  if (!item.shown.empty()) return std::string(item.shown);
  const std::string_view text = item.definition;
  const json::Span whole{0, static_cast<std::uint32_t>(text.size())};
  return json::unescape(json::find_member(text, whole, protocol::row(list).key).value.of(text));
}

std::string prompts(const upstream::Roster& roster, const upstream::View& view, std::string_view endpoint) {
  Entries entries(List::prompts);
  for (const auto& member : roster.members()) {
    const bool single = member->key() == endpoint;
    const auto catalogue = member->catalogue();
    if (!catalogue || !(single || endpoint.empty())) continue;
    for (const upstream::Prompt& prompt : catalogue->prompts) {
      const std::string& name = single ? prompt.key : prompt.exposed;
      const upstream::View::PromptOf* owner = view.find_prompt(name);
      if (owner && owner->server == member->server()) entries.add(name, owner->server, prompt.definition);
    }
  }
  return entries.text();
}

}  // namespace

std::string catalogue_json(upstream::Fleet& fleet, std::string_view endpoint) {
  const std::shared_ptr<const upstream::View> view = fleet.current()->view(endpoint);
  const upstream::ResourceIndex& index = view->resources();
  Entries resources(List::resources);
  for (const protocol::Pages::Item& item : index.resources()) {
    const std::string uri = name_of(List::resources, item);
    const auto found = index.find(uri);
    resources.add(uri, found ? found->server : nullptr, item.definition);
  }
  Entries templates(List::templates);
  for (const protocol::Pages::Item& item : index.templates()) {
    const std::string uri = name_of(List::templates, item);
    const auto found = index.find_reference(uri);
    templates.add(uri, found ? found->server : nullptr, item.definition);
  }
  return fmt::format(R"({{"endpoint":{},"complete":{},"prompts":{},"resources":{},"templates":{}}})",
                     endpoint.empty() ? "null" : quote(endpoint), view->complete(),
                     prompts(*fleet.current(), *view, endpoint), resources.text(), templates.text()) +
         "\n";
}

}  // namespace sallyport::admin
