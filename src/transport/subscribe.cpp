#include "transport/subscribe.hpp"

#include "json/text.hpp"
#include "protocol/tasks.hpp"

namespace sallyport::transport {
namespace {

bool is_done(const pipeline::Reply& reply) {
  if (std::holds_alternative<pipeline::Local>(reply)) return true;
  const auto* answer = std::get_if<std::unique_ptr<pipeline::Answer>>(&reply);
  return answer && (*answer)->message.kind() == protocol::MessageKind::result_response;
}

// Why the whole listen is refused.
const Error* refusal(const pipeline::Reply& reply) {
  const auto* failed = std::get_if<pipeline::Failed>(&reply);
  if (!failed) return nullptr;
  const Code code = failed->error.code();
  const bool all =
      code == Code::limit_too_many_subscriptions || code == Code::proto_missing_client_capability;
  return all ? &failed->error : nullptr;
}

}  // namespace

Watched watched_by(const protocol::Message& listen, std::string_view bytes) {
  return {.uris = protocol::listen_uris(listen, bytes),
          .tasks = protocol::listen_tasks(listen, bytes),
          .meta = std::string(listen.raw(protocol::Field::meta, bytes))};
}

Task<Watched> subscribe_all(task::Loop& loop, pipeline::Front& front, session::Client& client,
                            const pipeline::Principal& principal, std::string_view endpoint, Watched wanted) {
  struct Request {
    std::string bytes;
    protocol::Revision revision;
    std::string* text;
    std::vector<std::string>* honours;
  };
  Watched honoured;
  std::vector<Request> requests;
  for (std::string& uri : wanted.uris)
    requests.push_back({R"({"jsonrpc":"2.0","id":0,"method":"resources/subscribe","params":{"uri":)" +
                            json::quote(uri) + "}}",
                        protocol::latest_legacy,  // the last that has it as a request
                        &uri, &honoured.uris});
  // A look at a task on behalf of a client that hears more than answers makes it hear of the task.
  for (std::string& id : wanted.tasks)
    requests.push_back({R"({"jsonrpc":"2.0","id":0,"method":"tasks/get","params":{"taskId":)" +
                            json::quote(id) + R"(,"_meta":)" + wanted.meta + "}}",
                        protocol::latest_modern, &id, &honoured.tasks});
  for (const Request& request : requests) {
    const auto message = protocol::parse_message(request.bytes);
    if (!message) continue;
    pipeline::Call call;
    call.bytes = request.bytes;
    call.message = &*message;
    call.revision = request.revision;
    call.endpoint = endpoint;
    call.principal = &principal;
    call.client = &client;
    call.started = loop.now();
    const pipeline::Reply reply = CO_TRY(co_await front.call(call));
    if (const Error* const error = refusal(reply)) co_return Failure(*error);
    if (is_done(reply)) request.honours->push_back(std::move(*request.text));
  }
  co_return honoured;
}

}  // namespace sallyport::transport
