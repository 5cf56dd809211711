#include "session/event_store.hpp"

#include "base/ids.hpp"
#include "base/strings.hpp"

#include <cassert>
#include <cstddef>

namespace sallyport::session {
namespace {

constexpr std::size_t token_digits = 24;

std::string new_token() {
  return new_session_id().substr(0, token_digits);
}

// What an event costs besides its text.
constexpr std::uint64_t overhead = sizeof(StreamEvent);

std::uint64_t cost(std::string_view message) {
  return message.size() + overhead;
}

}  // namespace

// ---- One stream.

EventStream::EventStream(std::string_view request_id) : token_(new_token()), request_id_(request_id) {}

EventStream::~EventStream() {
  assert(events_.empty());
}

std::string EventStream::id(std::uint64_t position) const {
  return token_ + '-' + std::to_string(position);
}

void EventStream::append(std::string_view message, Weight weight) {
  const std::uint64_t position = ++last_;
  const bool read = reader_ && reader_->event(position, message, weight);
  if (read) taken(position);
  if (session_) session_->store_->keep(*session_, *this, position, message, weight);
}

void EventStream::append_once(std::string_view message) {
  for (auto event = events_.rbegin(); event != events_.rend() && event->position > read_; ++event) {
    if (event->message == message) return;
  }
  append(message, Weight::required);
}

void EventStream::finish() {
  finished_ = true;
  if (session_) session_->store_->finished(*this);
  if (reader_) reader_->finished();
}

void EventStream::attach(StreamReader& reader) {
  StreamReader* const old = std::exchange(reader_, &reader);
  if (old && old != &reader) old->replaced();
}

void EventStream::detach(StreamReader& reader) noexcept {
  if (reader_ == &reader) reader_ = nullptr;
}

const StreamEvent* EventStream::after(std::uint64_t position) const {
  // Who asks is most often near the end.
  const StreamEvent* found = nullptr;
  for (auto event = events_.rbegin(); event != events_.rend() && event->position > position; ++event)
    found = &*event;
  return found;
}

std::string_view EventStream::lost_answer(std::uint64_t position) const noexcept {
  if (!finished_ || position >= last_) return {};
  const bool kept = !events_.empty() && events_.back().position == last_;
  return kept ? std::string_view() : request_id_;
}

// ---- The streams of a session.

SessionEvents::~SessionEvents() {
  close();
}

void SessionEvents::close() noexcept {
  closed_ = true;
  while (!streams_.empty()) {
    const std::shared_ptr<EventStream> stream = streams_.begin()->second;
    forget(*stream);
    if (stream->reader_) std::exchange(stream->reader_, nullptr)->replaced();
  }
}

std::shared_ptr<EventStream> SessionEvents::add(std::string_view request_id) {
  auto stream = std::make_shared<EventStream>(request_id);
  if (closed_) return stream;  // a call that outlives its session
  stream->session_ = this;
  streams_.emplace(stream->token_, stream);
  return stream;
}

std::shared_ptr<EventStream> SessionEvents::open(std::string_view request_id) {
  return add(request_id);
}

const std::shared_ptr<EventStream>& SessionEvents::standing() {
  if (!standing_) standing_ = add({});
  return standing_;
}

Result<SessionEvents::Place> SessionEvents::find(std::string_view event_id) const {
  const std::size_t dash = event_id.find('-');
  if (dash != std::string_view::npos) {
    const auto found = streams_.find(event_id.substr(0, dash));
    const auto position = parse_int<std::uint64_t>(event_id.substr(dash + 1));
    if (found != streams_.end() && position && *position <= found->second->last())
      return Place{found->second, *position};
  }
  return fail(Error(Code::proto_event_unknown).with_executed(Executed::no));
}

void SessionEvents::forget(EventStream& stream) noexcept {
  while (!stream.events_.empty()) store_->drop(stream.events_.front(), std::nullopt);
  stream.session_ = nullptr;
  if (stream.ended_in_session_.is_linked()) {
    ended_.erase(ended_.iterator_to(stream));
    store_->ended_.erase(store_->ended_.iterator_to(stream));
  }
  if (standing_.get() == &stream) standing_.reset();
  const auto node =
      streams_.extract(std::string_view(stream.token_));  // it lives to the end of this function
}

// ---- All of them.

EventStore::EventStore(task::Timers& timers, EventLimits limits)
    : timers_(&timers), limits_(limits), timer_(timers) {}

EventStore::~EventStore() {
  assert(count_ == 0);
}

void EventStore::set_limits(EventLimits limits) {
  limits_ = limits;
  timer_.cancel();
  wind();
}

void EventStore::keep(SessionEvents& session, EventStream& stream, std::uint64_t position,
                      std::string_view message, Weight weight) {
  if (cost(message) > std::min(limits_.bytes, limits_.total)) {
    if (position > stream.read_) ++dropped_[static_cast<std::size_t>(Dropped::bytes)];
    return;
  }
  auto* event = new StreamEvent;
  event->position = position;
  event->message = message;
  event->weight = weight;
  event->kept_since = timers_->now();
  event->stream = &stream;
  stream.events_.push_back(*event);
  (weight == Weight::droppable ? session.droppable_ : session.required_).push_back(*event);
  (weight == Weight::droppable ? droppable_ : required_).push_back(*event);
  ++session.count_;
  ++count_;
  session.bytes_ += cost(message);
  bytes_ += cost(message);
  const auto oldest = [](auto& droppable, auto& required) -> StreamEvent& {
    return droppable.empty() ? required.front() : droppable.front();
  };
  while (session.count_ > limits_.per_session)
    drop(oldest(session.droppable_, session.required_), Dropped::number);
  while (session.bytes_ > limits_.bytes) drop(oldest(session.droppable_, session.required_), Dropped::bytes);
  while (bytes_ > limits_.total) drop(oldest(droppable_, required_), Dropped::bytes);
  wind();
}

void EventStore::finished(EventStream& stream) {
  SessionEvents& session = *stream.session_;
  stream.finished_at_ = timers_->now();
  session.ended_.push_back(stream);
  ended_.push_back(stream);
  while (session.ended_.size() > limits_.per_session) session.forget(session.ended_.front());
  wind();
}

void EventStore::drop(StreamEvent& event, std::optional<Dropped> why) noexcept {
  EventStream& stream = *event.stream;
  SessionEvents& session = *stream.session_;
  if (why && event.position > stream.read_) ++dropped_[static_cast<std::size_t>(*why)];
  const bool droppable = event.weight == Weight::droppable;
  auto& in_session = droppable ? session.droppable_ : session.required_;
  auto& in_store = droppable ? droppable_ : required_;
  stream.events_.erase(stream.events_.iterator_to(event));
  in_session.erase(in_session.iterator_to(event));
  in_store.erase(in_store.iterator_to(event));
  session.bytes_ -= cost(event.message);
  bytes_ -= cost(event.message);
  --session.count_;
  --count_;
  delete &event;
}

void EventStore::expire() {
  const SteadyTime until = timers_->now() - limits_.keep;
  for (Events* events : {&droppable_, &required_}) {
    while (!events->empty() && events->front().kept_since <= until) drop(events->front(), Dropped::age);
  }
  while (!ended_.empty() && ended_.front().finished_at_ <= until) {
    EventStream& stream = ended_.front();
    stream.session_->forget(stream);
  }
  wind();
}

void EventStore::wind() {
  if (timer_.active()) return;
  std::optional<SteadyTime> oldest;
  const auto consider = [&](SteadyTime since) { oldest = oldest ? std::min(*oldest, since) : since; };
  if (!droppable_.empty()) consider(droppable_.front().kept_since);
  if (!required_.empty()) consider(required_.front().kept_since);
  if (!ended_.empty()) consider(ended_.front().finished_at_);
  if (oldest) timer_.start(*oldest + limits_.keep, [this] { expire(); });
}

}  // namespace sallyport::session
