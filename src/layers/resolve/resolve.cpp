#include "layers/resolve/resolve.hpp"

#include "base/strings.hpp"
#include "pipeline/client_wishes.hpp"
#include "protocol/completion.hpp"
#include "protocol/envelope.hpp"
#include "upstream/instances.hpp"

#include <algorithm>

namespace sallyport::layers {
namespace {

using protocol::Field;
using protocol::Method;
using upstream::View;

constexpr std::int64_t max_hops = 4;

// Gateways of ours in a row: one that is configured in front of itself would go round for ever.
Result<int> next_hop(const pipeline::Call& call) {
  if (!call.message->has(Field::hops)) return 1;
  const auto hops = json::as_int64(call.message->raw(Field::hops, call.bytes));
  if (!hops || *hops < 0 || *hops >= max_hops) {
    return fail(
        Error(Code::proto_too_many_hops).with_executed(Executed::no).with_slot(Slot::limit, max_hops));
  }
  return static_cast<int>(*hops) + 1;
}

Error missing(std::string_view pointer) {
  return Error(Code::proto_invalid_params).with_executed(Executed::no).with_slot(Slot::pointer, pointer);
}

Error suggesting(Code code, std::string_view name, const std::vector<std::string>& names) {
  Error error(code);
  error.with_executed(Executed::no);
  if (const auto suggestion = did_you_mean(name, names)) error.with_slot(Slot::suggestion, *suggestion);
  return error;
}

Error unknown_resource(std::string_view uri) {
  return Error(Code::proto_resource_not_found)
      .with_executed(Executed::no)
      .with_spec_data(R"({"uri":)" + json::quote(uri) + "}");
}

// Does it have what we know nothing of? While its lists are not known; and where each caller has an instance,
// which may list other things than the one that we asked.
bool lists_more(upstream::Member& member) {
  return !member.catalogue() || member.server()->sharing() != upstream::Sharing::all;
}

// A legacy server lists some tools only to clients that declare what the tools ask for, as this caller does.
bool hides(const upstream::Member& member, const pipeline::Call& call) {
  const auto speaks = member.server()->revision();
  return speaks && protocol::era(*speaks) == protocol::Era::legacy &&
         !pipeline::declared_capabilities(call).none();
}

}  // namespace

Task<pipeline::Reply> Resolve::call(pipeline::Call& call) {
  auto hops = next_hop(call);
  if (!hops) return pipeline::refuse(std::move(hops).error());
  call.hops = *hops;
  if (protocol::is_of_tasks(call.method())) return next().call(call);  // whose it is it knows
  if (call.method() != Method::tools_call) return other(call);
  if (!call.stand_in.server.empty()) return stand_in(call);
  std::string scratch;
  const auto name = call.message->text(Field::name, call.bytes, scratch);
  if (!name) return pipeline::refuse(missing("/params/name"));
  if (take_tool(call, *name, *roster_->view(call.endpoint))) return found(call);
  return search(call, std::string(*name));
}

Task<pipeline::Reply> Resolve::search(pipeline::Call& call, std::string name) {
  CO_TRY(co_await find_tool(call, name));
  co_return co_await found(call);
}

Task<pipeline::Reply> Resolve::found(pipeline::Call& call) {
  if (call.param_headers) {
    const std::string_view arguments = call.message->raw(Field::arguments, call.bytes);
    auto agree = protocol::check_param_headers(call.tool->param_headers, arguments, *call.param_headers);
    if (!agree) return pipeline::refuse(std::move(agree).error());
  }
  call.idempotent = call.tool->idempotent;
  if (call.tool->timeout && call.timer) call.timer->set_limit(*call.tool->timeout);
  return next().call(call);
}

// The tool of the same name at another server, under that one's own rules. Its caller goes on to see the name
// that was called.
Task<pipeline::Reply> Resolve::stand_in(pipeline::Call& call) {
  const auto member = roster_->find(call.stand_in.server);
  if (!member) co_return Failure(Error(Code::tool_not_found).with_executed(Executed::no));
  if (!member->catalogue()) {
    CO_TRY(co_await roster_->settle(call.stand_in.server, timers_->now() + roster_->settings().first_list));
  }
  upstream::ToolPointer tool;
  if (const auto& catalogue = member->catalogue()) {
    const auto found = std::ranges::find(catalogue->tools, call.stand_in.tool,
                                         [](const auto& each) -> std::string_view { return each->name; });
    if (found != catalogue->tools.end()) tool = *found;
  }
  if (!tool && lists_more(*member))
    tool = upstream::unlisted_tool(member->definition(), roster_->settings(), call.stand_in.tool);
  if (!tool) co_return Failure(Error(Code::tool_not_found).with_executed(Executed::no));
  call.server = member->server();
  call.tool = std::move(tool);
  call.idempotent = call.tool->idempotent;
  if (call.tool->timeout && call.timer) call.timer->set_limit(*call.tool->timeout);
  co_return co_await next().call(call);
}

Task<pipeline::Reply> Resolve::other(pipeline::Call& call) {
  call.idempotent = true;  // errors.md section 5: reads, prompts and completion are
  std::string scratch;
  if (call.method() == Method::prompts_get) {
    const auto name = call.message->text(Field::name, call.bytes, scratch);
    if (!name) co_return Failure(missing("/params/name"));
    CO_TRY(co_await prompt(call, *name));
  } else if (call.method() == Method::resources_read || call.method() == Method::resources_subscribe) {
    const auto uri = call.message->text(Field::uri, call.bytes, scratch);
    if (!uri) co_return Failure(missing("/params/uri"));
    if (!CO_TRY(co_await resource(call, *uri, &upstream::ResourceIndex::find)))
      co_return Failure(unknown_resource(*uri));
  } else if (!CO_TRY(co_await reference(call))) {
    // A server that completes nothing has nothing to propose.
    co_return pipeline::Local{std::make_shared<const std::string>(protocol::empty_completion(call.revision))};
  }
  co_return co_await next().call(call);
}

// It may belong to a server that is still starting: `take` is false while nobody claims it, or one that comes
// before in config order may do so yet. Who claims it when the waiting ends, has it.
Task<void> Resolve::look(pipeline::Call& call, Take take) {
  const auto view = roster_->view(call.endpoint);
  if (take(*view) || view->complete()) co_return ok();
  Result<void> settled =
      co_await roster_->settle(call.endpoint, timers_->now() + roster_->settings().first_list, take);
  if (!settled) co_return Failure(std::move(settled).error().with_executed(Executed::no));
  take(*roster_->view(call.endpoint));
  co_return ok();
}

Task<void> Resolve::find_tool(pipeline::Call& call, std::string_view name) {
  CO_TRY(co_await look(call, [&](const View& view) { return take_tool(call, name, view); }));
  if (call.tool || take_switched_off(call, name) || take_unlisted(call, name)) co_return ok();
  // A denied tool takes the same path as one that never existed, but for the code that operators see.
  const auto view = roster_->view(call.endpoint);
  const bool denied = view->find_denied(name) != nullptr;
  if (!did_you_mean(name, view->names()) && take_unlisted(call, name, Unlisted::hidden)) co_return ok();
  co_return Failure(
      suggesting(denied ? Code::policy_tool_denied : Code::tool_not_found, name, view->names()));
}

bool Resolve::take_tool(pipeline::Call& call, std::string_view name, const View& view) {
  const View::Tool* entry = view.find(name);
  if (!entry) return false;
  call.server = entry->server;
  call.tool = entry->tool;
  call.shown_name =
      call.endpoint.empty() ? std::string_view(call.tool->exposed) : std::string_view(call.tool->own_name);
  return entry->certain;
}

// Whose a name can only be though nobody lists it: on a server's own endpoint, or under its prefix.
Resolve::Guess Resolve::owner_of(const pipeline::Call& call, std::string_view name, Unlisted why) const {
  const auto may_have = [&](upstream::Member& member) {
    return why == Unlisted::hidden ? hides(member, call) : lists_more(member);
  };
  if (!call.endpoint.empty()) return {roster_->find(call.endpoint), name};
  for (const auto& member : roster_->members()) {
    const std::string& prefix = member->definition().prefix;
    const bool alone = prefix.empty() && roster_->members().size() == 1;
    const bool unheard = !prefix.empty() && may_have(*member) && name.starts_with(prefix);
    if (alone || unheard) return {member, name.substr(prefix.size())};
  }
  return {};
}

template <class Matches>
std::shared_ptr<upstream::Member> Resolve::switched_off(const pipeline::Call& call, Matches matches) const {
  for (const auto& member : roster_->members()) {
    if (!call.endpoint.empty() && member->key() != call.endpoint) continue;
    const auto& hidden = member->hidden_catalogue();
    if (hidden && matches(*hidden)) return member;
  }
  return nullptr;
}

bool Resolve::take_switched_off(pipeline::Call& call, std::string_view name) const {
  upstream::ToolPointer tool;
  const auto named = call.endpoint.empty() ? &upstream::Tool::exposed : &upstream::Tool::own_name;
  const auto owner = switched_off(call, [&](const upstream::Catalogue& hidden) {
    const auto found = std::ranges::find_if(
        hidden.tools, [&](const upstream::ToolPointer& each) { return (*each).*named == name; });
    if (found != hidden.tools.end()) tool = *found;
    return tool != nullptr;
  });
  if (!owner) return false;
  call.server = owner->server();
  call.tool = std::move(tool);
  call.shown_name = (*call.tool).*named;
  return true;
}

// A server may take calls of tools that it does not list (mcp-wire 5.4).
bool Resolve::take_unlisted(pipeline::Call& call, std::string_view name, Unlisted why) {
  if (roster_->view(call.endpoint)->find_denied(name)) return false;
  const auto [owner, own] = owner_of(call, name, why);
  if (!owner) return false;
  upstream::ToolPointer tool = upstream::unlisted_tool(owner->definition(), roster_->settings(), own);
  if (!tool) return false;
  call.server = owner->server();
  call.tool = std::move(tool);
  return true;
}

Task<void> Resolve::prompt(pipeline::Call& call, std::string_view name) {
  CO_TRY(co_await look(call, [&](const View& view) {
    const View::PromptOf* found = view.find_prompt(name);
    if (!found) return false;
    call.server = found->server;
    call.own_name = found->name;
    return found->certain;
  }));
  if (call.server) co_return ok();
  // While its prompts are not known, the server itself is asked: it is down, or says that there is none.
  if (const auto [owner, own] = owner_of(call, name); owner && lists_more(*owner)) {
    call.server = owner->server();
    call.own_name = own;
    co_return ok();
  }
  const auto off = switched_off(call, [&](const upstream::Catalogue& hidden) {
    return std::ranges::find(hidden.prompts, name, &upstream::Prompt::exposed) != hidden.prompts.end();
  });
  if (off) {
    call.server = off->server();
    call.own_name = name;
    co_return ok();
  }
  const auto view = roster_->view(call.endpoint);
  co_return Failure(suggesting(Code::proto_prompt_not_found, name, view->prompt_names()));
}

Task<bool> Resolve::resource(pipeline::Call& call, std::string_view uri, FindResource find) {
  CO_TRY(co_await look(call, [&](const View& view) {
    auto found = (view.resources().*find)(uri);
    if (!found) return false;
    call.server = std::move(found->server);
    call.own_name = std::move(found->uri);
    return found->certain;
  }));
  if (call.server) co_return true;
  const auto off = switched_off(call, [&](const upstream::Catalogue& hidden) {
    return std::ranges::find(hidden.resources, uri, &protocol::Entry::key) != hidden.resources.end();
  });
  if (!off) co_return false;
  call.server = off->server();
  call.own_name = uri;
  co_return true;
}

Task<bool> Resolve::reference(pipeline::Call& call) {
  const protocol::Completion asked = CO_TRY(protocol::read_completion(*call.message, call.bytes));
  if (asked.of == protocol::Completion::Of::prompt) {
    CO_TRY(co_await prompt(call, asked.ref));
  } else if (!CO_TRY(co_await resource(call, asked.ref, &upstream::ResourceIndex::find_reference))) {
    co_return Failure(missing("params.ref.uri")
                          .with_slot(Slot::method, protocol::name(Method::completion_complete))
                          .with_slot(Slot::constraint, "no resource and no template is listed under it"));
  }
  const std::shared_ptr<const upstream::Listing>& listing = call.server->listing();
  co_return !listing || listing->offers.completions;
}

}  // namespace sallyport::layers
