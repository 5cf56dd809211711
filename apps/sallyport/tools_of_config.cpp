#include "gateway/gateway.hpp"
#include "output.hpp"
#include "protocol/envelope.hpp"
#include "tool_source.hpp"
#include "transport/response.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sallyport::cli {
namespace {

constexpr std::string_view request_id = "1";
constexpr protocol::Revision revision = protocol::latest_modern;

class ToolsOfConfig final : public ToolSource {
 public:
  ToolsOfConfig(task::Loop& loop, const config::Config& config)
      : loop_(&loop), config_(&config), gateway_(loop, config, metrics_) {}

  Task<Listing> list() override {
    CO_TRY(co_await settle("", ""));
    const std::shared_ptr<const upstream::View> view = gateway_.fleet().current()->view("");
    Listing listing;
    for (const std::string& name : view->names()) {
      const upstream::View::Tool* entry = view->find(name);
      listing.tools.push_back(
          {name, entry->server->key(),
           protocol::render_entry(protocol::List::tools, entry->tool->definition, name, revision)});
    }
    listing.missing = missing();
    for (const std::string& tool : view->hidden()) {
      listing.missing.push_back({fmt::format("tool '{}'", tool), "hidden: an earlier server has its name"});
    }
    co_return listing;
  }

  Task<Response> call(std::string_view name, std::string_view arguments,
                      pipeline::EventSink& events) override {
    CO_TRY(co_await settle(owner_of(name), name));
    protocol::Meta meta;
    meta.progress_token = request_id;
    const std::string request = protocol::tools_call_request(request_id, revision, name, arguments, meta);
    const config::Limits& limits = config_->limits;
    const auto message = protocol::parse_message(request, {.max_depth = limits.depth,
                                                           .max_keys = limits.keys,
                                                           .max_string = limits.request,
                                                           .max_bytes = limits.request});
    if (!message) co_return Failure(message.error().error);
    const pipeline::Principal principal{.source = "stdio"};
    pipeline::Call call;
    call.bytes = request;
    call.message = &*message;
    call.revision = revision;
    call.principal = &principal;
    call.events = &events;
    call.started = loop_->now();
    const pipeline::Reply reply = CO_TRY(co_await gateway_.call(call));
    co_return respond(reply);
  }

  std::string waiting_for() override {
    std::vector<std::string_view> starting;
    for (const auto& member : gateway_.fleet().current()->members()) {
      const auto& server = member->server();
      if (server->state() == upstream::State::starting) starting.push_back(server->key());
    }
    if (starting.empty()) return "waiting for the answer";
    return fmt::format("starting {}", fmt::join(starting, ", "));
  }

  std::string name() const override { return ""; }

  Task<void> close() override { return gateway_.stop(); }

 private:
  // The one server whose tool this must be by its prefix, so that no other is started; empty: it may be any.
  std::string_view owner_of(std::string_view name) {
    const upstream::Definition* owner = nullptr;
    for (const auto& member : gateway_.fleet().current()->members()) {
      const upstream::Definition& definition = member->definition();
      if (definition.prefix.empty()) return "";
      const bool longer = !owner || definition.prefix.size() > owner->prefix.size();
      if (name.starts_with(definition.prefix) && longer) owner = &definition;
    }
    return owner ? std::string_view(owner->key) : "";
  }

  // Starts what `endpoint` has, and waits for all of it or for this tool.
  Task<void> settle(std::string_view endpoint, std::string_view tool) {
    const auto has_tool = [tool](const upstream::View& view) { return view.find(tool) != nullptr; };
    return gateway_.fleet().current()->settle(endpoint, loop_->now() + config_->timeouts.start, has_tool);
  }

  // Servers that are not up, with the last that they wrote.
  std::vector<Missing> missing() {
    std::vector<Missing> all;
    for (const auto& member : gateway_.fleet().current()->members()) {
      const auto& server = member->server();
      if (server->state() == upstream::State::up || server->state() == upstream::State::idle) continue;
      std::string why = server->last_error() ? explain(*server->last_error()) : "did not come up in time";
      const std::vector<std::string> written = server->stderr_lines();
      if (!written.empty()) why += fmt::format("; its last line on stderr: {}", written.back());
      all.push_back({server->key(), std::move(why)});
    }
    return all;
  }

  Result<Response> respond(const pipeline::Reply& reply) {
    const transport::ResponseText text(reply, request_id, revision);
    if (text.empty()) return fail(Error(Code::proto_cancelled));
    Response response;
    text.append_line(response.bytes);
    const std::uint64_t bytes = response.bytes.size();
    const auto message = protocol::parse_message(
        response.bytes, client::answer_limits(gateway_.fleet().current()->settings(), bytes));
    if (!message) return fail(message.error().error);
    response.message = *message;
    response.missing = missing();
    return response;
  }

  task::Loop* loop_;
  const config::Config* config_;
  telemetry::Registry metrics_;
  gateway::Gateway gateway_;
};

}  // namespace

std::unique_ptr<ToolSource> tools_of_config(task::Loop& loop, const config::Config& config) {
  return std::make_unique<ToolsOfConfig>(loop, config);
}

}  // namespace sallyport::cli
