#include "transport/http_request.hpp"
#include "transport/response.hpp"
#include "transport/streamable_http.hpp"

namespace sallyport::transport {

using protocol::Field;
using protocol::Method;

// An array of messages, which 2025-03-26 alone allows: one after the other, the responses in one array.
Task<void> StreamableHttp::batch(net::Exchange& exchange, const HttpRequest& request,
                                 SessionPointer session) {
  const std::string_view bytes = exchange.body();
  const session::Registry::Use use(*sessions_, std::move(session));
  const auto elements = protocol::parse_batch(bytes, settings_.limits);
  if (!elements) co_return co_await fail(exchange, request, elements.error().error, 400, {}, use->revision);
  std::string responses = "[";
  for (const json::Span& element : *elements) {
    const std::string_view text = element.of(bytes);
    const auto message = protocol::parse_message(text, settings_.limits);
    std::string response;
    if (!message) {
      const pipeline::Refusal refusal{.source = request.principal.source,
                                      .endpoint = request.endpoint,
                                      .revision = use->revision,
                                      .bytes = text.size(),
                                      .correlation = CorrelationId::make()};
      front_->refused(message.error().error, refusal);
      response = protocol::to_jsonrpc_error(front_->failure(message.error().error, refusal.correlation),
                                            message.error().id, use->revision);
    } else if (message->is_request()) {
      pipeline::Call each;
      each.bytes = text;
      each.message = &*message;
      each.revision = use->revision;
      const pipeline::Reply reply = CO_TRY(co_await call(exchange, request, each, &*use));
      ResponseText(reply, message->id(text), use->revision).append_line(response);
    } else if (message->method() == Method::notifications_cancelled) {
      use->running.cancel(message->raw(Field::request_id, text));
    }
    if (response.empty()) continue;
    if (responses.size() > 1) responses += ',';
    responses += response;
  }
  if (responses.size() == 1) co_return co_await accepted(exchange);
  responses += ']';
  const std::string_view body[] = {responses};
  co_return co_await exchange.reply(200, body, request.cors);
}

}  // namespace sallyport::transport
