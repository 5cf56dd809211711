#include "classify/refine.hpp"
#include "client/http_channel.hpp"
#include "tool_source.hpp"
#include "upstream/catalogue.hpp"

#include <fmt/format.h>

namespace sallyport::cli {
namespace {

using protocol::Field;

constexpr std::size_t max_pages = 1000;
constexpr std::chrono::minutes longest_call{11};  // beyond what a gateway gives a call at most
constexpr std::string_view degraded_key = "dev.sallyport/degraded";

// What arrives outside of answers is of no interest to a program that ends soon.
class Indifferent final : public client::ChannelOwner {
 public:
  void channel_lost(const Error&) override {}
  void list_changed(protocol::Topic) override {}
  void garbage(std::string_view) override {}
  void late_answer() override {}
  void resource_updated(std::string_view) override {}
  void session_renewed() override {}
};

std::string text_member(std::string_view bytes, json::Span object, std::string_view key) {
  const json::Member member = json::find_member(bytes, object, key);
  return member.value.is(json::Type::string) ? json::unescape(member.value.of(bytes)) : "";
}

std::string error_message(const pipeline::Answer& answer) {
  std::string scratch;
  return fmt::format("the answer to tools/list is error {}: {}", answer.message.error_code(answer.bytes),
                     answer.message.text(Field::error_message, answer.bytes, scratch).value_or(""));
}

// What another Sallyport says about servers that its list lacks.
void add_missing(const pipeline::Answer& answer, Listing& listing) {
  if (!answer.message.is(Field::result_meta, json::Type::object)) return;
  const std::string_view bytes = answer.bytes;
  const json::Member degraded =
      json::find_member(bytes, answer.message[Field::result_meta].value.span, degraded_key);
  if (!degraded.value.is(json::Type::array)) return;
  for (const json::Value& entry : json::elements_of(bytes, degraded.value.span, 1000)) {
    if (!entry.is(json::Type::object)) continue;
    listing.missing.push_back(
        {text_member(bytes, entry.span, "what"), text_member(bytes, entry.span, "why")});
  }
}

class ToolsAtUrl final : public ToolSource {
 public:
  ToolsAtUrl(task::Loop& loop, McpUrl url) : loop_(&loop), name_(std::move(url.text)) {
    definition_.url = std::move(url.url);
    definition_.socket = std::move(url.socket);
  }

  Task<Listing> list() override {
    CO_TRY(co_await open());
    Listing listing;
    const upstream::Catalogue catalogue = CO_TRY(co_await fetch(listing));
    for (const upstream::ToolPointer& tool : catalogue.tools) {
      listing.tools.push_back({tool->name, "", tool->definition});
    }
    for (const std::string& note : catalogue.dropped)
      listing.missing.push_back({note, "left out of the list"});
    co_return listing;
  }

  Task<Response> call(std::string_view name, std::string_view arguments,
                      pipeline::EventSink& events) override {
    CO_TRY(co_await open());
    client::Outgoing outgoing;
    outgoing.method = protocol::Method::tools_call;
    outgoing.name = name;
    outgoing.arguments = arguments;
    outgoing.events = &events;
    outgoing.progress_token = "1";
    // Arguments that are repeated in headers are known from the definition only.
    upstream::Catalogue catalogue;
    if (protocol::era(channel_->revision()) == protocol::Era::modern) {
      Listing ignored;
      catalogue = CO_TRY(co_await fetch(ignored));
    }
    for (const upstream::ToolPointer& tool : catalogue.tools) {
      if (tool->name == name) outgoing.param_headers = tool->param_headers;
    }
    auto answer = CO_TRY(co_await within(longest_call, channel_->request(outgoing)));
    co_return Response{std::move(answer->bytes), answer->message};
  }

  std::string waiting_for() override { return fmt::format("waiting for {}", name_); }
  std::string name() const override { return name_ + ": "; }

  Task<void> close() override {
    if (channel_) co_return co_await channel_->close();
    co_return ok();
  }

 private:
  template <class T>
  Task<T> within(std::chrono::milliseconds limit, Task<T> task) {
    return task::with_deadline(loop_->timers(), loop_->now() + limit, std::move(task),
                               [limit](const Error& late) { return classify::out_of_time(late, limit); });
  }

  Task<void> open() {
    if (channel_) co_return ok();
    const client::HttpEnvironment environment{*loop_, definition_, settings_, budget_, owner_};
    channel_ = CO_TRY(
        co_await within(settings_.discovery, client::HttpChannel::open(environment, definition_.protocol)));
    co_return ok();
  }

  // All pages.
  Task<upstream::Catalogue> fetch(Listing& listing) {
    const bool modern = protocol::era(channel_->revision()) == protocol::Era::modern;
    upstream::CatalogueBuilder tools(definition_, settings_, modern);
    std::string cursor;
    for (std::size_t page = 0; page < max_pages; ++page) {
      client::Outgoing request;
      request.method = protocol::Method::tools_list;
      request.cursor = cursor;
      request.repeatable = true;
      const auto answer = CO_TRY(co_await within(longest_call, channel_->request(request)));
      if (!answer->message.is(Field::tools, json::Type::array)) {
        const bool error = answer->message.kind() == protocol::MessageKind::error_response;
        const std::string why = error ? error_message(*answer) : "the answer to tools/list has no tools";
        co_return Failure(
            Error(Code::discovery_failed).with_executed(Executed::no).with_developer_message(why));
      }
      tools.add(protocol::List::tools, answer->bytes, answer->message[Field::tools].value.span);
      if (page == 0) add_missing(*answer, listing);
      const std::string_view next = answer->message.raw(Field::next_cursor, answer->bytes);
      if (!answer->message.is(Field::next_cursor, json::Type::string) || next == cursor) break;
      cursor = next;
    }
    co_return std::move(tools.catalogue());
  }

  task::Loop* loop_;
  std::string name_;
  upstream::Definition definition_;
  upstream::Settings settings_;
  net::Budget budget_{std::uint64_t{512} << 20};
  Indifferent owner_;
  std::unique_ptr<client::HttpChannel> channel_;
};

}  // namespace

std::unique_ptr<ToolSource> tools_at_url(task::Loop& loop, McpUrl url) {
  return std::make_unique<ToolsAtUrl>(loop, std::move(url));
}

}  // namespace sallyport::cli
