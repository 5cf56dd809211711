#include "transport/subscribe.hpp"

#include "json/text.hpp"

namespace sallyport::transport {

Task<std::vector<std::string>> subscribe_all(task::Loop& loop, pipeline::Front& front,
                                             session::Client& client, const pipeline::Principal& principal,
                                             std::string_view endpoint, std::vector<std::string> uris) {
  std::vector<std::string> honoured;
  for (std::string& uri : uris) {
    const std::string bytes = R"({"jsonrpc":"2.0","id":0,"method":"resources/subscribe","params":{"uri":)" +
                              json::quote(uri) + "}}";
    const auto message = protocol::parse_message(bytes);
    if (!message) continue;
    pipeline::Call call;
    call.bytes = bytes;
    call.message = &*message;
    call.revision = protocol::latest_legacy;  // the last that has it as a request
    call.endpoint = endpoint;
    call.principal = &principal;
    call.client = &client;
    call.started = loop.now();
    const pipeline::Reply reply = CO_TRY(co_await front.call(call));
    if (std::holds_alternative<pipeline::Local>(reply)) {
      honoured.push_back(std::move(uri));
    } else if (const auto* failed = std::get_if<pipeline::Failed>(&reply);
               failed && failed->error.code() == Code::limit_too_many_subscriptions) {
      co_return Failure(failed->error);
    }
  }
  co_return honoured;
}

}  // namespace sallyport::transport
