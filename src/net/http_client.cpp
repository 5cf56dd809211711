#include "net/http_client.hpp"

#include "base/strings.hpp"
#include "classify/classify.hpp"
#include "net/head_writer.hpp"

#include <algorithm>
#include <utility>

#include <boost/container/small_vector.hpp>
#include <fmt/format.h>

namespace sallyport::net {
namespace {

constexpr std::size_t usual_pieces = 4;  // of a request, its head included
constexpr int max_interim = 16;          // 1xx responses before the final one
constexpr std::size_t read_size = 16 * 1024;
constexpr std::size_t biggest_read = 256 * 1024;
constexpr std::size_t no_limit = static_cast<std::size_t>(-1);

// `timeout` of a Keep-Alive field: how long the peer says that it keeps an idle connection.
std::optional<std::chrono::seconds> keep_alive_timeout(const HeaderFields& fields) {
  const auto field = fields.find("keep-alive");
  if (!field) return std::nullopt;
  const std::size_t at = field->find("timeout=");
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view digits = field->substr(at + 8);
  digits = digits.substr(0, digits.find_first_not_of("0123456789"));
  const auto seconds = parse_int<std::uint32_t>(digits);
  if (!seconds) return std::nullopt;
  return std::chrono::seconds(*seconds);
}

Failure too_large(std::uint64_t limit) {
  return Failure(Error(Code::limit_result_too_large)
                     .with_phase(Phase::receive)
                     .with_can_retry(false)
                     .with_slot(Slot::limit, static_cast<std::int64_t>(limit)));
}

}  // namespace

bool has_type(const ResponseHead& head, std::string_view type) {
  const auto value = head.fields.find("content-type");
  return value && iequals(trim(value->substr(0, value->find(';'))), type);
}

HttpPool::HttpPool(task::Loop& loop, Endpoint endpoint, std::shared_ptr<TlsTrust> trust, PoolLimits limits)
    : loop_(&loop),
      endpoint_(std::move(endpoint)),
      authority_(endpoint_.authority()),
      trust_(std::move(trust)),
      limits_(limits),
      sweeper_(loop.timers()) {}

HttpPool::~HttpPool() = default;

void HttpPool::close_idle() noexcept {
  idle_.clear();
  sweeper_.cancel();
}

std::optional<HttpPool::Connection> HttpPool::take_idle(bool repeatable) {
  const SteadyTime now = loop_->now();
  while (!idle_.empty()) {
    Connection connection = std::move(idle_.back());
    idle_.pop_back();
    if (now >= connection.use_until || (!repeatable && now - connection.idle_since > limits_.fresh)) continue;
    if (connection.stream->readable()) continue;  // the end has come, or bytes that nobody asked for
    return connection;
  }
  return std::nullopt;
}

Task<HttpPool::Connection> HttpPool::open() {
  auto connecting = connect(*loop_, endpoint_, trust_);
  Result<std::unique_ptr<Stream>> stream = co_await task::with_deadline(
      loop_->timers(), loop_->now() + limits_.connect, std::move(connecting), [](const Error& cancelled) {
        classify::Context context;
        context.phase = cancelled.phase().value_or(Phase::connect);
        context.executed = Executed::no;
        return classify::make_error(classify::FailureClass::timeout, context);
      });
  if (!stream) co_return Failure(std::move(stream).error().with_executed(Executed::no));
  Connection connection;
  connection.stream = std::move(*stream);
  co_return connection;
}

void HttpPool::release(Connection connection, const ResponseHead& head) {
  if (!connection.input.empty() || idle_.size() >= limits_.idle) return;
  const SteadyTime now = loop_->now();
  std::chrono::milliseconds keep = limits_.keep;
  if (const auto theirs = keep_alive_timeout(head.fields)) {
    keep = std::min(keep, std::chrono::duration_cast<std::chrono::milliseconds>(*theirs) -
                              std::chrono::milliseconds(500));
  }
  if (keep.count() <= 0) return;
  connection.idle_since = now;
  connection.use_until = now + keep;
  connection.input.shrink();
  idle_.push_back(std::move(connection));
  if (!sweeper_.active()) sweeper_.start(now + limits_.keep, [this] { sweep(); });
}

void HttpPool::sweep() {
  const SteadyTime now = loop_->now();
  std::erase_if(idle_, [&](const Connection& connection) { return now >= connection.use_until; });
  if (!idle_.empty()) sweeper_.start(now + limits_.keep, [this] { sweep(); });
}

HttpCall::~HttpCall() = default;

Task<void> HttpCall::send(std::string_view method, std::string_view target, std::string_view headers,
                          std::span<const std::string_view> body, bool repeatable) {
  connection_ = pool_->take_idle(repeatable);
  if (!connection_) connection_ = CO_TRY(co_await pool_->open());
  if (wrapper_) connection_->stream = wrapper_->wrap(std::move(connection_->stream));
  std::size_t length = 0;
  for (const std::string_view part : body) length += part.size();
  HeadWriter head(pool_->written_);
  head.text(method).text(" ").text(target).text(" HTTP/1.1\r\nHost: ").text(pool_->authority_);
  head.text("\r\nAccept-Encoding: identity\r\n").text(headers);
  if (method != "GET" && method != "DELETE") head.text("Content-Length: ").number(length).text("\r\n");
  head.text("\r\n");
  const bool joined = length <= short_body;
  for (const std::string_view part : joined ? body : std::span<const std::string_view>()) head.text(part);
  boost::container::small_vector<iovec, usual_pieces> pieces;
  pieces.push_back(piece(head.view()));
  for (const std::string_view part : joined ? std::span<const std::string_view>() : body) {
    if (!part.empty()) pieces.push_back(piece(part));
  }
  std::string kept;
  co_return co_await WriteOp(*connection_->stream, pieces, &kept);
}

Error HttpCall::broken(std::string_view detail) const {
  classify::Context context;
  context.phase = answered_ ? Phase::receive : Phase::wait;
  context.handed_over = true;
  context.detail = detail;
  return classify::make_error(classify::FailureClass::connection, context);
}

Error HttpCall::malformed(std::string_view detail) const {
  classify::Context context;
  context.phase = Phase::decode;
  context.handed_over = true;
  context.detail = detail;
  return classify::make_error(classify::FailureClass::protocol, context);
}

// What a read on the connection brought; 0 is its end.
Result<std::size_t> HttpCall::received(Result<std::size_t> n) {
  if (!n) {
    const Phase phase = answered_ ? Phase::receive : Phase::wait;
    return Failure(std::move(n).error().with_executed(Executed::maybe).with_phase(phase));
  }
  answered_ = answered_ || *n > 0;
  return n;
}

// `co_await fill()`, then `CO_TRY(filled(…))`: false at the end of the connection.
ReadOp HttpCall::fill() {
  return read_some(*connection_->stream, connection_->input.prepare(read_size));
}
Result<bool> HttpCall::filled(Result<std::size_t> n) {
  const std::size_t bytes = TRY(received(std::move(n)));
  connection_->input.commit(bytes);
  return bytes > 0;
}

Task<void> HttpCall::receive_head() {
  constexpr HeadLimits limits{64 * 1024, 256};
  InputBuffer& input = connection_->input;
  for (int interim = 0;; ++interim) {
    if (interim > max_interim) co_return Failure(malformed("too many interim responses"));
    std::size_t seen = 0;
    std::size_t end = find_head_end(input.view());
    while (end == std::string_view::npos) {
      if (input.size() > limits.bytes) co_return Failure(malformed("the response's head is too large"));
      seen = input.size();
      if (!CO_TRY(filled(co_await fill()))) {
        co_return Failure(broken(answered_ ? "the connection ended within the response's head"
                                           : "the connection ended before a response came"));
      }
      end = find_head_end(input.view(), seen);
    }
    const std::string_view head = input.view().substr(0, end);
    head_bytes_.assign(head.begin(), head.end());
    input.consume(end);
    CO_TRY(parse_response_head({head_bytes_.data(), head_bytes_.size()}, limits, head_));
    if (head_.status / 100 != 1) break;
  }
  left_ = head_.content_length;
  if (head_.framing == Framing::none) finish();
  co_return ok();
}

// What the input holds of the body, decoded; empty: more has to come, or the end was reached (`finish` was
// called).
Result<std::string_view> HttpCall::take_buffered() {
  InputBuffer& input = connection_->input;
  if (head_.framing == Framing::chunked) {
    decoded_.clear();
    input.consume(chunks_.feed(input.view(), decoded_, no_limit));
    if (chunks_.state() == ChunkedDecoder::State::malformed)
      return Failure(malformed("the chunked body is malformed"));
    if (decoded_.empty() && chunks_.state() == ChunkedDecoder::State::done) finish();
    return std::string_view(decoded_);
  }
  const bool by_length = head_.framing == Framing::length;
  if (by_length && left_ == 0) {
    finish();
    return std::string_view();
  }
  lent_ = by_length ? static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size())) : input.size();
  if (by_length) left_ -= lent_;
  return input.view().substr(0, lent_);
}

Task<std::string_view> HttpCall::receive_some() {
  if (done_) co_return std::string_view();
  connection_->input.consume(std::exchange(lent_, 0));
  for (;;) {
    const std::string_view part = CO_TRY(take_buffered());
    if (!part.empty() || done_) co_return part;
    if (!CO_TRY(filled(co_await fill()))) {
      if (head_.framing != Framing::until_close)
        co_return Failure(broken("the connection ended within the body"));
      done_ = true;
      co_return std::string_view();
    }
  }
}

Task<std::string> HttpCall::receive_body(std::uint64_t limit, Budget::Charge* charge) {
  return head_.framing == Framing::length && !done_ ? receive_exactly(limit, charge)
                                                    : receive_parts(limit, charge);
}

Task<std::string> HttpCall::receive_parts(std::uint64_t limit, Budget::Charge* charge) {
  std::string body;
  for (;;) {
    const std::string_view part = CO_TRY(co_await receive_some());
    if (part.empty()) co_return body;
    if (body.size() + part.size() > limit) co_return too_large(limit);
    if (charge && !charge->grow(part.size())) co_return Failure(no_room());
    body.append(part);
  }
}

// Reads straight into the body. Memory follows what has come, not what was announced.
Task<std::string> HttpCall::receive_exactly(std::uint64_t limit, Budget::Charge* charge) {
  if (head_.content_length > limit) co_return too_large(limit);
  const auto length = static_cast<std::size_t>(head_.content_length);
  InputBuffer& input = connection_->input;
  std::string body;
  body.reserve(std::min(length, biggest_read));
  const std::size_t buffered = std::min(length, input.size());
  if (charge && !charge->grow(buffered)) co_return Failure(no_room());
  body.append(input.view().substr(0, buffered));
  input.consume(buffered);
  while (body.size() < length) {
    const std::size_t had = body.size();
    const std::size_t want = std::min(length - had, biggest_read);
    body.resize_and_overwrite(had + want, [](char*, std::size_t size) { return size; });
    const std::span<char> room(body.data() + had, want);
    const std::size_t n = CO_TRY(received(co_await read_some(*connection_->stream, room)));
    if (n == 0) co_return Failure(broken("the connection ended within the body"));
    body.resize(had + n);
    if (charge && !charge->grow(n)) co_return Failure(no_room());
  }
  left_ = 0;
  finish();
  co_return body;
}

void HttpCall::finish() {
  done_ = true;
  if (connection_ && head_.keep_alive) pool_->release(std::move(*connection_), head_);
  connection_.reset();
}

}  // namespace sallyport::net
