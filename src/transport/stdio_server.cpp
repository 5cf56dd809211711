#include "transport/stdio_server.hpp"

#include "json/skim.hpp"
#include "json/splice.hpp"
#include "protocol/edge.hpp"
#include "protocol/envelope.hpp"
#include "protocol/tasks.hpp"
#include "transport/response.hpp"

#include <algorithm>

namespace sallyport::transport {
namespace {

using protocol::Era;
using protocol::Field;
using protocol::Method;

constexpr std::size_t read_size = 16 * 1024;
constexpr std::chrono::milliseconds gather_time{1};
constexpr std::size_t max_queued = std::size_t{64} << 20;  // answers for a client that reads slowly
constexpr std::size_t max_subscriptions = 64;
constexpr std::size_t max_running = 1000;

}  // namespace

struct StdioServer::Subscription final : pipeline::Listener, session::Client {
  Subscription(StdioServer& server, std::string raw_id, protocol::Topics asked)
      : owner(server), id(std::move(raw_id)), topics(asked) {}
  void list_changed(protocol::Topic topic) override {
    if (topics.has(topic)) push(protocol::list_changed_notification(topic, id));
  }
  void resource_updated(std::string_view uri) override {
    push(protocol::resource_updated_notification(uri, id));
  }
  void task_changed(std::string_view members) override { push(protocol::task_notification(members, id)); }
  void tell(std::string_view) override {}  // a listen hears what it asked for
  std::string_view identity() const noexcept override { return {}; }

  // The acknowledgement comes first; what came before it follows, each once.
  void push(std::string message) {
    if (acknowledged) return owner.write(std::move(message), net::Outbox::Keep::droppable);
    if (std::ranges::find(early, message) == early.end()) early.push_back(std::move(message));
  }

  StdioServer& owner;
  std::string id;
  protocol::Topics topics;
  bool acknowledged = false;
  std::vector<std::string> early;
  pipeline::Front::Subscription changes;
};

StdioServer::StdioServer(task::Loop& loop, pipeline::Front& front, std::unique_ptr<net::Stream> input,
                         std::unique_ptr<net::Stream> output, json::Limits limits)
    : loop_(&loop),
      front_(&front),
      input_(std::move(input)),
      output_(std::move(output)),
      outbox_(loop, *output_, max_queued),
      limits_(limits),
      group_(loop) {
  principal_.source = "stdio";
}

StdioServer::~StdioServer() = default;

// What came in one read is answered in one write, as far as it is answered at once; an answer waits for those
// behind it no longer than `gather_time` and one of them.
Task<void> StdioServer::run() {
  std::size_t searched = 0;
  SteadyTime gathered_since{};
  while (!outbox_.broken()) {
    const std::string_view bytes = buffer_.view();
    const std::size_t end = bytes.find('\n', searched);
    if (end != std::string_view::npos) {
      if (!outbox_.gathering()) gathered_since = loop_->now();
      outbox_.gather();
      take_line(std::string(bytes.substr(0, end)));
      buffer_.consume(end + 1);
      searched = 0;
      if (loop_->now() - gathered_since >= gather_time) outbox_.flush();
      continue;
    }
    outbox_.flush();
    searched = bytes.size();
    if (searched > limits_.max_bytes) {
      if (!CO_TRY(co_await skip_line())) break;
      searched = 0;
      continue;
    }
    const std::size_t n = CO_TRY(co_await net::read_some(*input_, buffer_.prepare(read_size)));
    if (n == 0) break;
    buffer_.commit(n);
  }
  // A last line without its end is a message too.
  if (!buffer_.empty()) take_line(std::string(buffer_.view()));
  questions.end();
  co_return ok();
}

Task<bool> StdioServer::skip_line() {
  json::Skimmer skimmer;
  bool ended = false;
  while (!ended) {
    const std::string_view bytes = buffer_.view();
    const std::size_t end = bytes.find('\n');
    ended = end != std::string_view::npos;
    skimmer.feed(bytes.substr(0, end));
    buffer_.consume(ended ? end + 1 : bytes.size());
    if (ended) break;
    const std::size_t n = CO_TRY(co_await net::read_some(*input_, buffer_.prepare(read_size)));
    if (n == 0) break;
    buffer_.commit(n);
  }
  Error error(Code::limit_request_too_large);
  error.with_executed(Executed::no).with_slot(Slot::limit, static_cast<std::int64_t>(limits_.max_bytes));
  fail(error, skimmer.id().value_or(""), revision_.value_or(protocol::latest_legacy));
  co_return ended;
}

void StdioServer::take_line(std::string line) {
  if (line.find_first_not_of(" \t\r") == std::string::npos) return;
  const auto message = protocol::parse_message(line, limits_);
  if (!message) {
    const bool batch = message.error().flaw == protocol::Flaw::batch;
    if (batch && revision_ == protocol::Revision::v2025_03_26 && group_.size() < max_running) {
      group_.spawn(answer_batch(std::move(line)));
      return;
    }
    return fail(message.error().error, message.error().id, revision_.value_or(protocol::latest_legacy));
  }
  const auto edge = protocol::classify_stdio(*message, line, revision_);
  if (!edge) {
    if (message->is_request()) fail(edge.error().error, message->id(line), edge.error().revision);
    return;
  }
  if (message->is_response()) return questions.answered(*message, line);
  if (message->is_notification()) return take_notification(line, *message);
  if (message->method() == Method::subscriptions_listen) return listen(line, *message);
  if (message->method() == Method::initialize) {
    std::string scratch;
    revision_ = protocol::negotiate(message->text(Field::protocol_version, line, scratch).value_or(""));
  }
  if (group_.size() >= max_running) {
    return fail(
        Error(Code::limit_concurrency).with_executed(Executed::no).with_retry_after(std::chrono::seconds(1)),
        message->id(line), edge->revision);
  }
  const protocol::Revision revision = message->method() == Method::initialize ? *revision_ : edge->revision;
  group_.spawn(answer(std::move(line), *message, revision));
}

void StdioServer::take_notification(std::string_view line, const protocol::Message& message) {
  if (message.method() == Method::notifications_initialized && !std::exchange(initialized_, true)) {
    changes_ = front_->subscribe({}, *this);
  }
  if (message.method() != Method::notifications_cancelled) return;
  const std::string_view id = message.raw(Field::request_id, line);
  if (running_.cancel(id)) return;
  listens_.erase(std::string(id));
}

// An array of messages, which 2025-03-26 alone allows: one after the other, the responses in one line.
Task<void> StdioServer::answer_batch(std::string line) {
  const auto elements = protocol::parse_batch(line, limits_);
  if (!elements) {
    fail(elements.error().error, {}, *revision_);
    co_return ok();
  }
  std::string responses;
  for (const json::Span& element : *elements) {
    std::string response;
    CO_TRY(co_await answer_one(element.of(line), response));
    if (response.empty()) continue;
    responses += responses.empty() ? '[' : ',';
    responses += response;
  }
  if (!responses.empty()) write(responses + ']');
  co_return ok();
}

Task<void> StdioServer::answer_one(std::string_view text, std::string& response) {
  const auto refuse = [&](const Error& error, std::string_view id) {
    response = refusal(error, id, *revision_);
  };
  const auto message = protocol::parse_message(text, limits_);
  if (!message) {
    refuse(message.error().error, message.error().id);
    co_return ok();
  }
  if (message->is_notification()) take_notification(text, *message);
  if (!message->is_request()) co_return ok();
  const auto edge = protocol::classify_stdio(*message, text, revision_);
  if (!edge) {
    refuse(edge.error().error, message->id(text));
  } else if (message->method() == Method::initialize || edge->era() == Era::modern) {
    refuse(Error(Code::proto_invalid_request)
               .with_executed(Executed::no)
               .with_slot(Slot::constraint, "this message cannot be part of a batch"),
           message->id(text));
  } else {
    CO_TRY(co_await answer(std::string(text), *message, *revision_, &response));
  }
  co_return ok();
}

Task<void> StdioServer::answer(std::string line, protocol::Message message, protocol::Revision revision,
                               std::string* kept) {
  pipeline::Call call;
  call.bytes = line;
  call.message = &message;
  call.revision = revision;
  call.principal = &principal_;
  call.events = this;
  if (protocol::era(revision) == Era::legacy) call.client = this;
  call.started = loop_->now();
  task::Scope& outer = co_await task::current_scope();
  task::Scope scope(outer);
  session::Running running(message.id(line), scope);
  running_.add(running);
  Result<pipeline::Reply> reply = co_await front_->call(call).in(scope);
  running_.remove(running);
  if (!reply) reply = pipeline::Failed(reply.error(), front_->failure(reply.error(), call.correlation));
  std::string text;
  ResponseText(*reply, message.id(line), revision).append_line(text);
  front_->answered(protocol::era(revision), message.method(), 200);
  if (kept) {
    *kept = std::move(text);
  } else if (!text.empty()) {
    write(std::move(text));
  }
  co_return ok();
}

void StdioServer::listen(std::string_view line, const protocol::Message& message) {
  const std::string id(message.id(line));
  if (const auto wrong = protocol::check_params(message, line); !wrong)
    return fail(wrong.error(), id, protocol::latest_modern);
  if (listens_.size() >= max_subscriptions) {
    return fail(Error(Code::limit_concurrency).with_executed(Executed::no), id, protocol::latest_modern);
  }
  const protocol::Topics topics = protocol::listen_topics(message, line);
  auto subscription = std::make_shared<Subscription>(*this, id, topics);
  if (!topics.empty()) subscription->changes = front_->subscribe({}, *subscription);
  listens_[id] = subscription;
  group_.spawn(open_listen(std::move(subscription), watched_by(message, line)));
}

Task<void> StdioServer::open_listen(std::shared_ptr<Subscription> subscription, Watched wanted) {
  const auto honoured =
      co_await subscribe_all(*loop_, *front_, *subscription, principal_, {}, std::move(wanted));
  const auto current = listens_.find(subscription->id);
  if (current == listens_.end() || current->second != subscription) co_return ok();  // it was cancelled
  if (!honoured) {
    fail(honoured.error(), subscription->id, protocol::latest_modern);
    listens_.erase(current);
    co_return ok();
  }
  write(protocol::listen_acknowledged_notification(subscription->id, subscription->topics, honoured->uris,
                                                   honoured->tasks));
  subscription->acknowledged = true;
  for (std::string& message : std::exchange(subscription->early, {})) subscription->push(std::move(message));
  co_return ok();
}

void StdioServer::fail(const Error& error, std::string_view id, protocol::Revision revision) {
  write(refusal(error, id, revision));
}

std::string StdioServer::refusal(const Error& error, std::string_view id, protocol::Revision revision) {
  const CorrelationId correlation = CorrelationId::make();
  front_->refused(error, {.source = "stdio", .revision = revision, .correlation = correlation});
  return protocol::to_jsonrpc_error(front_->failure(error, correlation), id, revision);
}

void StdioServer::write(std::string line, net::Outbox::Keep keep) {
  json::line_safe(line);
  line += '\n';
  outbox_.push(line, keep);
}

void StdioServer::list_changed(protocol::Topic topic) {
  write(protocol::list_changed_notification(topic), net::Outbox::Keep::droppable);
}

void StdioServer::request(std::string_view message) {
  write(std::string(message));
}

void StdioServer::notify(std::string_view message) {
  write(std::string(message), net::Outbox::Keep::droppable);
}

void StdioServer::task_changed(std::string_view members) {
  write(protocol::task_notification(members), net::Outbox::Keep::droppable);
}

void StdioServer::tell(std::string_view notification) {
  write(std::string(notification), net::Outbox::Keep::droppable);
}

void StdioServer::resource_updated(std::string_view uri) {
  write(protocol::resource_updated_notification(uri), net::Outbox::Keep::droppable);
}

Task<void> StdioServer::finish() {
  for (auto& [id, subscription] : std::exchange(listens_, {})) {
    write(protocol::result_response(id, protocol::listen_result(id)));
  }
  CO_TRY(co_await group_.join());
  co_return co_await outbox_.drained();
}

Task<void> StdioServer::close() {
  group_.cancel(task::CancelReason::shutdown);
  co_return co_await group_.join();
}

}  // namespace sallyport::transport
