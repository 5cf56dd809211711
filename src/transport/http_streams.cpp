#include "protocol/envelope.hpp"
#include "protocol/tasks.hpp"
#include "transport/http_request.hpp"
#include "transport/open_stream.hpp"
#include "transport/stream_ears.hpp"
#include "transport/streamable_http.hpp"
#include "transport/subscribe.hpp"

#include <algorithm>

namespace sallyport::transport {
namespace {

using protocol::Era;
using protocol::Method;
using protocol::Topic;
using session::Weight;

// A modern subscriptions/listen: passes on what it asked for.
class ListenStream final : public OpenStream, public pipeline::Listener, public session::Client {
 public:
  ListenStream(task::Loop& loop, pipeline::Front& front, net::Exchange& exchange,
               std::chrono::milliseconds keepalive, protocol::Topics topics, std::string_view id)
      : OpenStream(loop, front, exchange, keepalive), topics_(topics), id_(id) {}

  void list_changed(Topic topic) override {
    if (topics_.has(topic)) push(protocol::list_changed_notification(topic, id_));
  }
  void resource_updated(std::string_view uri) override {
    push(protocol::resource_updated_notification(uri, id_));
  }
  void task_changed(std::string_view members) override { push(protocol::task_notification(members, id_)); }
  void tell(std::string_view) override {}  // a listen hears what it asked for
  std::string_view identity() const noexcept override { return {}; }
  void endpoint_removed() override {
    removed_ = true;
    end();
  }
  bool removed() const noexcept { return removed_; }

  // The first message; what came before it follows.
  void acknowledge(const Watched& honoured) {
    writer().push(protocol::listen_acknowledged_notification(id_, topics_, honoured.uris, honoured.tasks),
                  Weight::required);
    acknowledged_ = true;
    for (const std::string& message : early_) writer().push(message, Weight::required);
    early_.clear();
  }

 private:
  void push(std::string message) {
    if (acknowledged_) return writer().push(message, Weight::required);
    if (std::ranges::find(early_, message) == early_.end()) early_.push_back(std::move(message));
  }

  bool acknowledged_ = false;
  bool removed_ = false;
  std::vector<std::string> early_;  // each once: bounded by what was asked for
  protocol::Topics topics_;
  std::string id_;  // of the listen request, raw
};

Error endpoint_removed(std::string_view endpoint) {
  return Error(Code::system_maintenance).with_executed(Executed::no).with_slot(Slot::server, endpoint);
}

// A client that missed notifications outside of calls is told to look at everything again.
void tell_all_changed(session::Session& session) {
  for (const protocol::TopicRow& each : protocol::topic_rows)
    session.events.standing()->append_once(protocol::list_changed_notification(each.topic));
  for (const auto& [uri, watch] : session.subscriptions) session.resource_updated(uri);
}

int status_of(const Error& error) {
  switch (error.code()) {
    case Code::limit_concurrency:
      return 503;
    case Code::proto_session_unknown:
      return 404;
    default:
      return 400;
  }
}

}  // namespace

void StreamableHttp::end_streams() {
  for (OpenStream& open : streams_) open.end();
}

Result<void> StreamableHttp::check_room() const {
  if (streams_.size() + resumed_ < settings_.streams) return {};
  return sallyport::fail(
      Error(Code::limit_concurrency).with_executed(Executed::no).with_retry_after(std::chrono::seconds(10)));
}

Task<void> StreamableHttp::listen(net::Exchange& exchange, const HttpRequest& request,
                                  const protocol::Message& message) {
  const std::string_view bytes = exchange.body();
  const std::string id(message.id(bytes));
  Result<void> checked = protocol::check_params(message, bytes);
  if (checked && !request.accepted.events) {
    checked = sallyport::fail(
        Error(Code::proto_not_acceptable).with_executed(Executed::no).with_slot(Slot::pointer, "Accept"));
  }
  if (checked) checked = check_room();
  if (!checked) {
    const Error& error = checked.error();
    const int status =
        error.code() == Code::limit_concurrency
            ? 503
            : protocol::http_status(error, Era::modern, protocol::Stage::call, Method::subscriptions_listen);
    co_return co_await fail(exchange, request, error, status, id, protocol::latest_modern,
                            Method::subscriptions_listen);
  }
  const protocol::Topics topics = protocol::listen_topics(message, bytes);
  ListenStream open(*loop_, *front_, exchange, settings_.keepalive, topics, id);
  const auto subscription = front_->subscribe(request.endpoint, open);
  streams_.push_back(open);
  open.writer().begin(request.cors);
  const auto honoured = co_await subscribe_all(*loop_, *front_, open, request.principal, request.endpoint,
                                               watched_by(message, bytes));
  std::string last = protocol::result_response(id, protocol::listen_result(id));
  Result<void> ended;
  std::optional<Error> failed;
  if (honoured) {
    open.acknowledge(*honoured);
    ended = co_await open.wait();
    if (open.removed()) failed = endpoint_removed(request.endpoint);
  } else {
    failed = honoured.error();
  }
  if (failed)
    last = protocol::to_jsonrpc_error(front_->failure(*failed, CorrelationId::make()), id,
                                      protocol::latest_modern);
  streams_.erase(streams_.iterator_to(open));
  if (!ended) co_return ended;
  co_return co_await open.finish(last);
}

// GET: the stream of a session outside of calls, or with Last-Event-ID what followed on the stream of that
// event, be it this one or that of a call.
Task<void> StreamableHttp::attach(net::Exchange& exchange, const HttpRequest& request) {
  Result<SessionPointer> session = session_of(request);
  Result<session::SessionEvents::Place> place;
  const auto event_id = exchange.head().fields.find("last-event-id");
  if (session) {
    session::SessionEvents& events = (*session)->events;
    if (event_id && !event_id->empty()) {
      place = events.find(*event_id);
    } else {
      place = session::SessionEvents::Place{events.standing(), events.standing()->read()};
    }
  }
  Result<void> checked = !session ? sallyport::fail(session.error())
                         : !place ? sallyport::fail(place.error())
                                  : check_room();
  if (!checked) {
    co_return co_await fail(exchange, request, checked.error(), status_of(checked.error()), {},
                            protocol::latest_legacy);
  }
  const session::Registry::Use use(*sessions_, *session);
  const bool standing = place->stream == use->events.standing();
  if (event_id && !event_id->empty()) front_->delivered(pipeline::Delivery::resumed);
  if (!standing && place->stream->ended() && place->position == place->stream->last()) {
    // Everything was read. To a reader of event streams this status says: do not come back.
    co_return co_await exchange.reply({.status = 204, .headers = request.cors});
  }
  if (standing && !use->ear) use->ear = std::make_shared<SessionEar>(*front_, *use);
  co_return co_await follow(exchange, request, *use, *place, standing);
}

Task<void> StreamableHttp::follow(net::Exchange& exchange, const HttpRequest& request,
                                  session::Session& session, session::SessionEvents::Place place,
                                  bool standing) {
  OpenStream open(*loop_, *front_, exchange, settings_.keepalive);
  // A drain ends what has no end of its own; the stream of a call ends with its answer.
  std::optional<EndWithEndpoint> removal;
  if (standing) {
    streams_.push_back(open);
    removal.emplace(*front_, session.endpoint, open);
  } else {
    ++resumed_;
  }
  EventWriter& writer = open.writer();
  writer.begin(request.cors);
  writer.attach(place.stream, place.position, session.primes());
  Result<std::uint64_t> missing = co_await writer.catch_up();
  Result<void> ended;
  if (!missing) ended = sallyport::fail(std::move(missing).error());
  if (missing && *missing > 0 && standing) tell_all_changed(session);
  if (missing && !standing) conclude(writer, session, place);
  if (missing && (standing || !place.stream->ended())) ended = co_await open.wait();
  if (standing) {
    streams_.erase(streams_.iterator_to(open));
  } else {
    --resumed_;
  }
  if (!ended) co_return ended;
  co_return co_await open.finish();
}

// An answer that was not kept is not passed over in silence.
void StreamableHttp::conclude(EventWriter& writer, const session::Session& session,
                              const session::SessionEvents::Place& place) {
  const std::string_view lost = place.stream->lost_answer(place.position);
  if (lost.empty() || writer.was_replaced()) return;
  const Error error = Error(Code::limit_answer_not_kept).with_executed(Executed::maybe).with_can_retry(false);
  writer.conclude(
      protocol::to_jsonrpc_error(front_->failure(error, CorrelationId::make()), lost, session.revision));
}

Task<void> StreamableHttp::end_session(net::Exchange& exchange, const HttpRequest& request) {
  const Result<SessionPointer> session = session_of(request);
  if (!session) {
    co_return co_await fail(exchange, request, session.error(), status_of(session.error()), {},
                            protocol::latest_legacy);
  }
  sessions_->remove(**session);
  co_return co_await exchange.reply({.status = 204, .headers = request.cors});
}

}  // namespace sallyport::transport
