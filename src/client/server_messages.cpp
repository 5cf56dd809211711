#include "client/server_messages.hpp"

#include "client/failure.hpp"
#include "json/skim.hpp"
#include "protocol/envelope.hpp"
#include "protocol/tasks.hpp"

#include <utility>

namespace sallyport::client {

using protocol::Field;
using protocol::Method;

namespace {

// What `resources/updated` may name: whoever looks for its subscribers looks for each of its parts.
constexpr std::size_t max_uri = 16 * 1024;

}  // namespace

protocol::Revision offered_to(const Target& server) {
  const bool named = server.protocol && protocol::era(*server.protocol) == protocol::Era::legacy;
  return named ? *server.protocol : protocol::latest_legacy;
}

Result<Begun> read_initialized(const pipeline::Answer& answer, std::string_view unknown) {
  if (answer.message.kind() == protocol::MessageKind::error_response) return fail(refused_to_begin(answer));
  std::string scratch;
  const auto version = answer.message.text(Field::result_version, answer.bytes, scratch);
  const auto revision = version ? protocol::parse_revision(*version) : std::nullopt;
  if (!revision || protocol::era(*revision) != protocol::Era::legacy)
    return fail(failure(classify::FailureClass::protocol, unknown));
  return Begun{*revision, protocol::read_capabilities(answer.message, answer.bytes, *revision)};
}

Result<std::unique_ptr<pipeline::Answer>> charged(std::size_t bytes, net::Budget::Charge held) {
  auto answer = std::make_unique_for_overwrite<pipeline::Answer>();
  answer->charge = std::move(held);
  if (!answer->charge.resize(bytes)) return fail(net::no_room().with_executed(Executed::yes));
  return answer;
}

void deliver(PendingRequests& all, PendingRequest& pending, std::string_view text,
             const protocol::Message& message, net::Budget& budget) {
  auto answer = charged(text.size(), budget.charge());
  if (answer) {
    (*answer)->bytes = text;
    (*answer)->message = message;
    all.answered(pending, text, message);
  }
  pending.answer.fill(std::move(answer));
}

PendingRequest* asker_of_unreadable(std::string_view text, PendingRequests& pending) {
  json::Skimmer skimmer;
  skimmer.feed(text);
  const auto id = skimmer.id();
  return id ? pending.find(*id) : nullptr;
}

Error unreadable() {
  return failure(classify::FailureClass::protocol, "the answer is malformed");
}

std::string listen_request(std::string_view id, const Wanted& wanted) {
  protocol::Meta meta;
  const std::string with_tasks = protocol::with_tasks_extension("{}");
  if (!wanted.tasks.empty()) meta.client_capabilities = with_tasks;  // else it need not tell us of any
  return protocol::listen_request(id, wanted.uris, wanted.tasks, meta);
}

void pass_on(std::string_view text, const protocol::Message& message, PendingRequests& pending,
             ChannelOwner& owner, PendingRequest* own) {
  if (message.method() == Method::notifications_progress) pending.progress(text, message);
  if (message.method() == Method::notifications_message) pending.log(text, message, own);
  if (message.method() == Method::notifications_cancelled) pending.withdrawn(text, message);
  if (message.method() == Method::notifications_elicitation_complete) pending.completed(text, message);
  if (message.method() == Method::notifications_resources_updated) {
    std::string scratch;
    const auto uri = message.text(Field::uri, text, scratch);
    if (uri && uri->size() <= max_uri) owner.resource_updated(*uri);
    if (!uri || uri->size() > max_uri) owner.garbage("uri");
  }
  if (message.method() == Method::notifications_tasks_status && message.has(Field::params))
    owner.task_changed(message.raw(Field::params, text));
  if (message.method() == Method::notifications_subscriptions_acknowledged)
    owner.tasks_granted(protocol::listen_tasks(message, text));
  if (message.method() == Method::notifications_tasks) {
    std::string scratch;
    owner.task_news(message.text(Field::task_id, text, scratch).value_or(""));
  }
  for (const protocol::TopicRow& each : protocol::topic_rows)
    if (message.method() == each.notification) owner.list_changed(each.topic);
}

}  // namespace sallyport::client
