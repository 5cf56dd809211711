#include "protocol/envelope.hpp"
#include "transport/http_request.hpp"
#include "transport/streamable_http.hpp"

namespace sallyport::transport {

using protocol::Era;
using protocol::Method;

void StreamableHttp::end_streams() {
  for (OpenStream& open : streams_) open.end();
}

Task<void> StreamableHttp::listen(net::Exchange& exchange, const HttpRequest& request,
                                  const protocol::Message& message) {
  const std::string_view bytes = exchange.body();
  const std::string id(message.id(bytes));
  std::optional<Error> error;
  if (const auto checked = protocol::check_params(message, bytes); !checked) error = checked.error();
  if (!error && !request.events)
    error = Error(Code::proto_not_acceptable).with_executed(Executed::no).with_slot(Slot::pointer, "Accept");
  if (!error && streams_.size() >= settings_.streams) {
    error =
        Error(Code::limit_concurrency).with_executed(Executed::no).with_retry_after(std::chrono::seconds(10));
  }
  if (error) {
    const int status =
        error->code() == Code::limit_concurrency
            ? 503
            : protocol::http_status(*error, Era::modern, protocol::Stage::call, Method::subscriptions_listen);
    co_return co_await fail(exchange, *error, status, id, protocol::latest_modern);
  }
  const protocol::Topics topics = protocol::listen_topics(message, bytes);
  OpenStream open(*loop_, exchange, settings_.keepalive, topics, id);
  const auto subscription = front_->subscribe(request.endpoint, open);
  streams_.push_back(open);
  const std::string last = protocol::result_response(id, protocol::listen_result(id));
  const Result<void> ended =
      co_await open.run(request.cors, protocol::listen_acknowledged_notification(id, topics), last);
  streams_.erase(streams_.iterator_to(open));
  co_return ended;
}

Task<void> StreamableHttp::attach(net::Exchange& exchange, const HttpRequest& request) {
  Result<SessionPointer> session = session_of(request);
  std::optional<Error> error;
  if (!session) error = session.error();
  if (!error && streams_.size() >= settings_.streams) {
    error =
        Error(Code::limit_concurrency).with_executed(Executed::no).with_retry_after(std::chrono::seconds(10));
  }
  if (error) {
    const int status = error->code() == Code::limit_concurrency       ? 503
                       : error->code() == Code::proto_session_unknown ? 404
                                                                      : 400;
    co_return co_await fail(exchange, *error, status, {}, protocol::latest_legacy);
  }
  const session::Registry::Use use(*sessions_, *session);
  OpenStream open(*loop_, exchange, settings_.keepalive, protocol::Topics::all());
  if (use->attachment)
    use->attachment->detach();  // a client that lost its stream without our noticing is back
  use->attachment = &open;
  const auto subscription = front_->subscribe(request.endpoint, open);
  streams_.push_back(open);
  const Result<void> ended = co_await open.run(request.cors, {}, {});
  streams_.erase(streams_.iterator_to(open));
  if (use->attachment == &open) use->attachment = nullptr;
  co_return ended;
}

Task<void> StreamableHttp::end_session(net::Exchange& exchange, const HttpRequest& request) {
  const Result<SessionPointer> session = session_of(request);
  if (!session) {
    const int status = session.error().code() == Code::proto_session_unknown ? 404 : 400;
    co_return co_await fail(exchange, session.error(), status, {}, protocol::latest_legacy);
  }
  sessions_->remove(**session);
  co_return co_await exchange.reply({.status = 204, .headers = request.cors});
}

}  // namespace sallyport::transport
