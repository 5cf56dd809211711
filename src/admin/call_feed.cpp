#include "admin/call_feed.hpp"

#include "admin/call_json.hpp"
#include "base/strings.hpp"
#include "net/sse.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace sallyport::admin {
namespace {

std::string sse(std::string_view event, std::string_view data, std::string_view id = {}) {
  std::string text;
  net::append_sse_event(text, data, event, id);
  return text;
}

}  // namespace

CallFeed::CallFeed(task::Loop& loop, telemetry::CallHub& hub)
    : loop_(&loop),
      hub_(&hub),
      run_(fmt::format("{:08x}", static_cast<std::uint32_t>(random_u64()))),
      flush_(loop.timers()),
      keepalive_(loop.timers()) {
  hub_->add(*this);
}

CallFeed::~CallFeed() {
  hub_->remove(*this);
}

void CallFeed::call_finished(const telemetry::CallRecord& record) {
  recent_.add(record);
  stats_.add(record, loop_->now());
  if (!tails_.empty()) schedule();
}

std::string CallFeed::id(std::uint64_t number) const {
  return fmt::format("{}-{}", run_, number);
}

std::optional<std::uint64_t> CallFeed::number(std::string_view id) const {
  if (id.size() <= run_.size() + 1 || !id.starts_with(run_) || id[run_.size()] != '-') return std::nullopt;
  return parse_int<std::uint64_t>(id.substr(run_.size() + 1));
}

Task<void> CallFeed::tail(net::Exchange& exchange, const CallFilter& filter, TailStart start) {
  std::uint64_t next =
      recent_.next() - std::min<std::uint64_t>(start.recent, recent_.next() - recent_.first());
  if (start.after) next = std::min(*start.after + 1, recent_.next());
  Tail tail(*this, exchange, filter, next);
  tails_.push_back(tail);
  if (!keepalive_.active()) keep_alive();
  if (ending_) tail.end();
  const Result<void> ended = co_await tail.run();
  tails_.erase(tails_.iterator_to(tail));
  if (tails_.empty()) keepalive_.cancel();
  co_return ended;
}

void CallFeed::end_tails() noexcept {
  ending_ = true;
  for (Tail& tail : tails_) tail.end();
}

void CallFeed::schedule() {
  if (!flush_.active()) flush_.start(loop_->now() + pace, [this] { flush(); });
}

void CallFeed::flush() {
  bool more = false;
  for (Tail& tail : tails_) more = tail.flush() || more;
  if (more) schedule();
}

void CallFeed::keep_alive() {
  keepalive_.start(loop_->now() + keepalive, [this] {
    for (Tail& tail : tails_) tail.keep_alive();
    keep_alive();
  });
}

CallFeed::Tail::Tail(CallFeed& feed, net::Exchange& exchange, const CallFilter& filter, std::uint64_t next)
    : feed_(&feed), exchange_(&exchange), filter_(filter), next_(next), end_(*feed.loop_) {}

Task<void> CallFeed::Tail::run() {
  exchange_->begin_events();
  exchange_->on_gone([this] { end(); });
  exchange_->push(
      sse("hello", fmt::format(R"({{"run":"{}","version":"{}"}})", feed_->run_, SALLYPORT_VERSION)));
  if (flush()) feed_->schedule();
  while (!ended_) CO_TRY(co_await end_.wait());
  if (exchange_->gone() || exchange_->broken()) co_return ok();
  if (feed_->ending_) exchange_->push(sse("end", R"({"why":"draining"})"), net::Outbox::Keep::droppable);
  co_return co_await exchange_->end_events();
}

void CallFeed::Tail::end() noexcept {
  ended_ = true;
  end_.set();
}

// As many calls as one event holds, beginning with `at`, which becomes what comes after them.
bool CallFeed::Tail::collect(std::string& calls, std::uint64_t& at) const {
  const RecentCalls& recent = feed_->recent_;
  std::size_t count = 0;
  for (; at < recent.next() && count < calls_in_event && calls.size() < bytes_in_event; ++at) {
    const RecentCall& call = recent.at(at);
    if (!filter_.matches(call)) continue;
    if (count++ > 0) calls += ',';
    append_call(calls, call, feed_->id(call.number));
  }
  return count > 0;
}

bool CallFeed::Tail::flush() {
  if (ended_) return false;
  const RecentCalls& recent = feed_->recent_;
  const std::uint64_t from = std::max(next_, recent.first());
  const std::uint64_t missed = from - next_;
  std::uint64_t at = from;
  std::string calls;
  if (!collect(calls, at) && missed == 0) {
    next_ = at;  // nothing for this filter
    return false;
  }
  const std::string event =
      sse("calls", fmt::format(R"({{"missed":{},"calls":[{}]}})", missed, calls), feed_->id(at - 1));
  if (!exchange_->push(event, net::Outbox::Keep::droppable)) {
    stalled();
    return !ended_;
  }
  stalled_since_.reset();
  next_ = at;
  return at < recent.next();
}

void CallFeed::Tail::stalled() {
  const SteadyTime now = feed_->loop_->now();
  if (!stalled_since_) stalled_since_ = now;
  if (exchange_->broken() || now - *stalled_since_ >= patience) end();
}

void CallFeed::Tail::keep_alive() {
  if (!exchange_->push(net::sse_keep_alive, net::Outbox::Keep::droppable) && exchange_->broken()) end();
}

}  // namespace sallyport::admin
