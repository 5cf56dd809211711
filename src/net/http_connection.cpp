#include "net/http_connection.hpp"

#include "net/head_writer.hpp"
#include "net/http_text.hpp"

#include <boost/container/small_vector.hpp>

namespace sallyport::net {
namespace {

constexpr std::size_t usual_pieces = 8;       // of a reply, head included: more of them cost an allocation
constexpr std::size_t body_step = 64 * 1024;  // a buffer grows with what arrives, not with what is announced
constexpr std::size_t idle_buffer = 4096;
// How long somebody who is refused while he still writes may go on, so that he comes to read why.
constexpr std::size_t linger_bytes = 64 * 1024 * 1024;
constexpr std::chrono::milliseconds linger_time{5000};
constexpr std::chrono::milliseconds linger_silence{2000};  // between two reads

Error too_large(std::uint64_t limit) {
  return Error(Code::limit_request_too_large)
      .with_executed(Executed::no)
      .with_slot(Slot::limit, static_cast<std::int64_t>(limit));
}

// The messages in transit hold all the memory that they may (`limits.buffered`).
Error busy() {
  return Error(Code::limit_concurrency).with_executed(Executed::no).with_retry_after(std::chrono::seconds(1));
}

Error malformed_chunks() {
  return Error(Code::proto_invalid_request)
      .with_executed(Executed::no)
      .with_slot(Slot::constraint, "the chunked body is malformed");
}

}  // namespace

// Waits until read-ahead brings something.
class HttpConnection::DataWait final : public task::Wait {
 public:
  explicit DataWait(HttpConnection& connection) noexcept : connection_(&connection) {}
  Result<void> await_resume() {
    if (interrupted()) return fail(scope_error());
    return {};
  }
  void wake() { resume(); }

 private:
  bool begin() override {
    connection_->waiter_ = this;
    connection_->read_ahead();
    return true;
  }
  void interrupt() noexcept override {
    mark_interrupted();
    connection_->stream_->cancel_read();
  }

  HttpConnection* connection_;
};

HttpConnection::HttpConnection(task::Loop& loop, HttpServer& server, std::unique_ptr<Stream> stream,
                               Peer peer)
    : loop_(loop),
      server_(server),
      stream_(std::move(stream)),
      peer_(std::move(peer)),
      timer_(loop.timers()) {}

HttpConnection::~HttpConnection() = default;

// The timer of an earlier request mostly stands there still, and finds out when its time has come.
void HttpConnection::watch(std::chrono::milliseconds limit) {
  watched_until_ = loop_.now() + limit;
  if (!timer_.active() || timer_.when() > *watched_until_) timer_.start(*watched_until_, [this] { look(); });
}

void HttpConnection::look() {
  if (!watched_until_) return;
  if (loop_.now() >= *watched_until_) return stream_->close();
  timer_.start(*watched_until_, [this] { look(); });
}

void HttpConnection::read_ahead() {
  if (reading_ahead_ || at_end_ || ahead_bytes_ > 0) return;
  reading_ahead_ = true;
  stream_->start_read(ahead_, *this);
}

void HttpConnection::done(std::error_code error, std::size_t bytes) noexcept {
  reading_ahead_ = false;
  ahead_bytes_ = bytes;
  if (error || bytes == 0) at_end_ = true;
  if (waiter_) return std::exchange(waiter_, nullptr)->wake();
  if (at_end_ && gone_) std::exchange(gone_, nullptr)();
}

Task<bool> HttpConnection::more() {
  if (has_to_wait()) CO_TRY(co_await DataWait(*this));
  co_return take_ahead();
}

// What was read ahead becomes input; false at the end.
bool HttpConnection::take_ahead() {
  if (ahead_bytes_ == 0) return false;
  const std::span<char> room = input_.prepare(ahead_bytes_);
  std::copy_n(ahead_.begin(), ahead_bytes_, room.begin());
  input_.commit(ahead_bytes_);
  ahead_bytes_ = 0;
  return true;
}

Task<void> HttpConnection::run() {
  while (!close_after_) {
    if (!CO_TRY(co_await receive_head())) break;
    std::optional<HttpReply> refusal = refused_by_head();
    Received received = Received::all;
    if (refusal || !take_body()) received = CO_TRY(co_await receive_body(std::move(refusal)));
    if (received == Received::nothing) break;
    asked_ = true;
    if (received == Received::refused) continue;
    Exchange exchange(*this);
    begin_work();
    Result<void> handled = co_await server_.handler_->handle(exchange);
    end_work();
    if (!handled) CO_TRY(co_await failed(std::move(handled).error()));
    finish_request();
  }
  co_return co_await linger();
}

Task<void> HttpConnection::linger() {
  phase_ = Phase::leaving;
  stream_->shutdown_write();
  charge_.release();
  decoded_body_ = {};
  const SteadyTime end = loop_.now() + linger_time;
  for (std::size_t discarded = input_.size(); discarded < linger_bytes; discarded += input_.size()) {
    input_.consume(input_.size());
    timer_.start(std::min(loop_.now() + linger_silence, end), [this] { stream_->close(); });
    if (reading_ahead_ || !has_to_wait()) {
      if (!CO_TRY(co_await more())) break;
    } else {
      const std::size_t n = CO_TRY(co_await read_some(*stream_, input_.prepare(body_step)));
      if (n == 0) break;
      input_.commit(n);
    }
  }
  co_return ok();
}

Task<bool> HttpConnection::receive_head() {
  const HttpLimits& limits = server_.limits_;
  phase_ = input_.empty() ? Phase::idle : Phase::receiving;
  watch(input_.empty() ? limits.idle : limits.receive);
  head_.method = {};  // a head that is refused has none
  std::size_t seen = 0;
  std::size_t end = find_head_end(input_.view());
  while (end == std::string_view::npos) {
    if (input_.size() > limits.head.bytes) co_return co_await refuse_head();
    if (input_.empty()) input_.shrink();
    if (server_.draining_ && asked_ && quiet()) co_return false;
    seen = input_.size();
    if (has_to_wait()) CO_TRY(co_await DataWait(*this));
    if (!take_ahead()) co_return false;
    end = find_head_end(input_.view(), seen);
    if (phase_ == Phase::idle) {
      phase_ = Phase::receiving;
      if (end == std::string_view::npos) watch(limits.receive);
    }
  }
  if (end > limits.head.bytes) co_return co_await refuse_head();
  head_text_ = input_.view().substr(0, end);
  input_.consume(end);
  if (const auto parsed = parse_request_head(head_text_, limits.head, head_); !parsed) {
    HttpReply reply = server_.handler_->refuse(parsed.error(), peer_);
    reply.close = true;
    CO_TRY(co_await refuse(reply));
    co_return false;
  }
  if (!head_.keep_alive) close_after_ = true;
  co_return true;
}

Task<bool> HttpConnection::refuse_head() {
  CO_TRY(co_await refuse({.status = 431, .body = {}, .close = true}));
  co_return false;
}

std::optional<HttpReply> HttpConnection::refused_by_head() {
  const std::uint64_t limit = server_.limits_.body;
  std::optional<HttpReply> refusal = server_.handler_->admit(head_, peer_);
  if (!refusal && head_.content_length > limit) refusal = server_.handler_->refuse(too_large(limit), peer_);
  if (server_.limits_.buffered) charge_ = server_.limits_.buffered->charge();
  if (!refusal && !charge_.grow(head_.content_length)) refusal = server_.handler_->refuse(busy(), peer_);
  return refusal;
}

// True if all of the body is here.
bool HttpConnection::take_body() noexcept {
  const bool here = head_.framing == Framing::none ||
                    (head_.framing == Framing::length && head_.content_length <= input_.size());
  if (here) body_ = input_.view().substr(0, static_cast<std::size_t>(head_.content_length));
  return here;
}

Task<HttpConnection::Received> HttpConnection::receive_body(std::optional<HttpReply> refusal) {
  if (refusal) {
    // A body that is here already is skipped; one that is still to come ends the connection.
    const bool here = take_body();
    if (here) input_.consume(body_.size());
    if (!here) refusal->close = true;
    CO_TRY(co_await refuse(*refusal));
    co_return Received::refused;
  }
  keep_head();
  watch(server_.limits_.receive);
  if (head_.expects_continue && head_.framing != Framing::none && input_.empty()) {
    CO_TRY(co_await write_all(*stream_, "HTTP/1.1 100 Continue\r\n\r\n"));
  }
  if (head_.framing == Framing::chunked) co_return co_await receive_chunked();
  co_return co_await receive_length(static_cast<std::size_t>(head_.content_length));
}

// What is still to come may move the input, in which the head stands: it gets bytes of its own.
void HttpConnection::keep_head() {
  head_bytes_.assign(head_text_);
  head_text_ = head_bytes_;
  (void)parse_request_head(head_text_, server_.limits_.head, head_);  // as before
}

Task<HttpConnection::Received> HttpConnection::receive_length(std::size_t length) {
  while (input_.size() < length) {
    const std::size_t missing = length - input_.size();
    if (!reading_ahead_ && ahead_bytes_ == 0 && !at_end_ && missing > ahead_.size()) {
      const std::size_t room = std::min(missing, body_step);
      const std::size_t n = CO_TRY(co_await read_some(*stream_, input_.prepare(room).first(room)));
      if (n == 0) co_return Received::nothing;
      input_.commit(n);
    } else if (!CO_TRY(co_await more())) {
      co_return Received::nothing;
    }
    watch(server_.limits_.receive);
  }
  body_ = input_.view().substr(0, length);
  co_return Received::all;
}

Task<HttpConnection::Received> HttpConnection::receive_chunked() {
  const auto limit = static_cast<std::size_t>(server_.limits_.body);
  ChunkedDecoder decoder;
  std::size_t charged = 0;
  decoded_body_.clear();
  for (;;) {
    input_.consume(decoder.feed(input_.view(), decoded_body_, limit));
    std::optional<Error> error;
    if (decoder.over_limit()) error = too_large(limit);
    if (!charge_.grow(decoded_body_.size() - charged)) error = busy();
    charged = decoded_body_.size();
    if (decoder.state() == ChunkedDecoder::State::malformed) error = malformed_chunks();
    if (error) {
      HttpReply reply = server_.handler_->refuse(*error, peer_);
      reply.close = true;
      CO_TRY(co_await refuse(reply));
      co_return Received::refused;
    }
    if (decoder.state() == ChunkedDecoder::State::done) break;
    if (!CO_TRY(co_await more())) co_return Received::nothing;
    watch(server_.limits_.receive);
  }
  body_ = decoded_body_;
  co_return Received::all;
}

void HttpConnection::begin_work() {
  phase_ = Phase::working;
  watched_until_.reset();
  replied_ = false;
  events_ended_ = false;
  read_ahead();
}

void HttpConnection::end_work() {
  gone_ = nullptr;
  if (!replied_ || (events_ && !events_ended_)) close_after_ = true;
  events_.reset();
}

// What the handler failed with is answered, where it can be.
Task<void> HttpConnection::failed(Error error) {
  if (replied_ || error.code() == Code::proto_cancelled) co_return Failure(std::move(error));
  co_return co_await refuse(server_.handler_->refuse(error, peer_));
}

void HttpConnection::finish_request() {
  charge_.release();
  if (head_.framing == Framing::length) input_.consume(static_cast<std::size_t>(head_.content_length));
  body_ = {};
  if (decoded_body_.capacity() > idle_buffer) decoded_body_ = {};
  if (head_bytes_.capacity() > idle_buffer) head_bytes_ = {};
}

Task<void> HttpConnection::refuse(const HttpReply& reply) {
  const std::string_view body[] = {reply.body};
  co_return co_await write_reply(reply.status, body, reply.headers, reply.content_type, reply.close);
}

Task<void> HttpConnection::write_reply(int status, std::span<const std::string_view> body,
                                       std::string_view headers, std::string_view content_type, bool close) {
  close_after_ = close_after_ || close || server_.draining_;
  replied_ = true;
  std::size_t length = 0;
  for (const std::string_view part : body) length += part.size();
  HeadWriter head(server_.written_);
  head.text("HTTP/1.1 ").number(static_cast<unsigned>(status)).text(" ").text(reason_phrase(status));
  head.text("\r\nDate: ").text(http_date(loop_.clock().system_now()));
  if (length > 0) head.text("\r\nContent-Type: ").text(content_type);
  if (status != 204 && status != 304) head.text("\r\nContent-Length: ").number(length);
  const std::string_view persistence = close_after_     ? "Connection: close\r\n"
                                       : head_.http_1_0 ? "Connection: keep-alive\r\n"
                                                        : "";
  head.text("\r\n").text(headers).text(persistence).text("\r\n");
  if (head_.method == "HEAD") body = {};
  const bool joined = length <= short_body;
  for (const std::string_view part : joined ? body : std::span<const std::string_view>()) head.text(part);
  boost::container::small_vector<iovec, usual_pieces> pieces;
  pieces.push_back(piece(head.view()));
  for (const std::string_view part : joined ? std::span<const std::string_view>() : body) {
    if (!part.empty()) pieces.push_back(piece(part));
  }
  std::string kept;
  WriteOp write(*stream_, pieces, &kept);
  if (!write.finishes_now()) watch(server_.limits_.send);
  Result<void> written = co_await write;
  if (phase_ == Phase::working) watched_until_.reset();
  if (!written) close_after_ = true;
  co_return written;
}

bool HttpConnection::quiet() const noexcept {
  return input_.empty() && ahead_bytes_ == 0 && !stream_->readable();
}

void HttpConnection::close_if(Idle idle) noexcept {
  if (phase_ == Phase::working) return;
  if (idle == Idle::without_request || (phase_ == Phase::idle && asked_ && quiet())) stream_->close();
}

}  // namespace sallyport::net
