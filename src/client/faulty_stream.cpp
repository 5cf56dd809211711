#include "client/faulty_stream.hpp"

#include "json/bytes.hpp"
#include "json/scanner.hpp"
#include "json/skim.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace sallyport::client {
namespace {

constexpr std::size_t max_struck = 1000;

std::error_code reset() noexcept {
  return std::make_error_code(std::errc::connection_reset);
}

}  // namespace

FaultyStream::FaultyStream(task::Loop& loop, std::unique_ptr<net::Stream> inner)
    : loop_(&loop), inner_(std::move(inner)), next_(loop.timers()) {}

void FaultyStream::start_read(std::span<char> buffer, net::Completion& completion) {
  buffer_ = buffer;
  reader_ = &completion;
  cancelled_ = false;
  go_on_soon();
}

void FaultyStream::cancel_read() noexcept {
  if (!reader_) return;
  cancelled_ = true;
  go_on_soon();
}

void FaultyStream::close() noexcept {
  inner_->close();
  cancelled_ = true;
  if (reader_) go_on_soon();
}

void FaultyStream::deliver(std::string bytes, std::chrono::milliseconds after) {
  if (end_ || bytes.empty()) return;
  waiting_bytes_ += bytes.size();
  waiting_.emplace(std::max(loop_->now() + after, slow_until_), std::move(bytes));
}

void FaultyStream::deliver_slowly(std::string_view bytes, std::chrono::milliseconds pause) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min(slow_piece, bytes.size()))) {
    slow_until_ = std::max(loop_->now(), slow_until_) + pause;
    deliver(std::string(bytes.substr(0, slow_piece)));
  }
}

void FaultyStream::end(std::error_code error) {
  if (!end_) end_ = error;
}

void FaultyStream::go_on_soon() {
  next_.start(loop_->now(), [this] { go_on(); });
}

void FaultyStream::go_on() {
  if (!reader_) return;
  const bool due = !waiting_.empty() && waiting_.begin()->first <= loop_->now();
  if (due) return hand_over();
  if (cancelled_) return complete(std::make_error_code(std::errc::operation_canceled), 0);
  if (waiting_.empty() && end_) return complete(*end_, 0);
  if (!waiting_.empty()) next_.start(waiting_.begin()->first, [this] { go_on(); });
  if (reading_ || peer_ended_ || end_ || waiting_bytes_ > max_waiting) return;
  reading_ = true;
  inner_->start_read(chunk_, *this);
}

void FaultyStream::done(std::error_code error, std::size_t bytes) noexcept {
  reading_ = false;
  if (error || bytes == 0) {
    peer_ended_ = true;
    peer_ended(error);
  } else {
    received({chunk_.data(), bytes});
  }
  go_on();
}

void FaultyStream::hand_over() {
  auto first = waiting_.extract(waiting_.begin());
  std::string& bytes = first.mapped();
  const std::size_t n = std::min(bytes.size(), buffer_.size());
  std::memcpy(buffer_.data(), bytes.data(), n);
  waiting_bytes_ -= n;
  bytes.erase(0, n);
  // Before all others of its time, whose order is that of their insertion.
  if (!bytes.empty()) waiting_.insert(waiting_.begin(), std::move(first));
  complete({}, n);
}

// Nothing of this object may be touched afterwards.
void FaultyStream::complete(std::error_code error, std::size_t bytes) {
  std::exchange(reader_, nullptr)->done(error, bytes);
}

FaultyExchange::FaultyExchange(task::Loop& loop, std::unique_ptr<net::Stream> inner, const FaultRule& rule,
                               std::string reply)
    : FaultyStream(loop, std::move(inner)), fault_(*rule.fault), time_(rule.time), reply_(std::move(reply)) {}

net::WriteAttempt FaultyExchange::try_write(std::span<const iovec> pieces) noexcept {
  switch (fault_) {
    case Fault::reset_before:
      return {0, reset()};
    case Fault::error:
    case Fault::http: {
      std::size_t all = 0;
      for (const iovec& piece : pieces) all += piece.iov_len;
      deliver(std::exchange(reply_, {}));
      return {all, {}};
    }
    case Fault::reset_after:
      end(reset());  // which nobody reads before all is written
      [[fallthrough]];
    default:
      return FaultyStream::try_write(pieces);
  }
}

// The bytes up to the end of the response's head.
std::string_view FaultyExchange::take_head(std::string_view bytes) {
  constexpr std::string_view blank_line = "\r\n\r\n";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (head_end_.empty()) return bytes.substr(0, i);
    if (bytes[i] == head_end_.front()) {
      head_end_.remove_prefix(1);
    } else {
      head_end_ = bytes[i] == '\r' ? blank_line.substr(1) : blank_line;
    }
  }
  return bytes;
}

void FaultyExchange::received(std::string_view bytes) {
  switch (fault_) {
    case Fault::delay:
      return deliver(std::string(bytes), time_);
    case Fault::slow:
      return deliver_slowly(bytes, time_);
    case Fault::missing:
      return;
    case Fault::truncate: {
      const std::size_t head = take_head(bytes).size();
      deliver(std::string(bytes.substr(0, head + (bytes.size() - head) / 2)));
      if (head < bytes.size()) end();
      return;
    }
    case Fault::garble: {
      std::string garbled(bytes);
      const std::size_t head = take_head(bytes).size();
      std::replace(garbled.begin() + static_cast<std::ptrdiff_t>(head), garbled.end(), '"', '\'');
      return deliver(std::move(garbled));
    }
    default:
      return deliver(std::string(bytes));
  }
}

void FaultyExchange::peer_ended(std::error_code error) {
  if (fault_ != Fault::missing) end(error);
}

std::unique_ptr<net::Stream> FaultyConnection::wrap(std::unique_ptr<net::Stream> stream) {
  std::string status = "200 OK";
  std::string body;
  std::string fields = "Content-Type: application/json\r\n";
  if (rule_->fault == Fault::error) body = error_of(*rule_, id_);
  if (rule_->fault == Fault::http) {
    status = fmt::format("{} Injected", rule_->status);
    body = "An injected failure.\n";
    fields = "Content-Type: text/plain\r\n";
    for (const auto& [name, value] : rule_->headers)
      fields += fmt::format("{}: {}\r\n", name, value.reveal());
  }
  std::string reply =
      fmt::format("HTTP/1.1 {}\r\n{}Content-Length: {}\r\n\r\n{}", status, fields, body.size(), body);
  return std::make_unique<FaultyExchange>(*loop_, std::move(stream), *rule_, std::move(reply));
}

void FaultyLines::strike(std::int64_t id, const FaultRule& rule) {
  struck_.insert_or_assign(id, Struck{*rule.fault, rule.time});
  if (struck_.size() > max_struck) struck_.erase(struck_.begin());
}

void FaultyLines::cut() {
  end();
  go_on_soon();
}

void FaultyLines::received(std::string_view bytes) {
  if (line_.empty() && struck_.empty() && !too_long_) return deliver(std::string(bytes));
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size() - 1) + 1;
    line_ += bytes.substr(0, end);
    bytes.remove_prefix(end);
    const bool whole = line_.back() == '\n';
    if (whole && !too_long_) {
      take_line(std::exchange(line_, {}));
    } else if (whole || line_.size() > max_waiting) {
      too_long_ = !whole;
      deliver(std::exchange(line_, {}));
    }
  }
}

void FaultyLines::take_line(std::string line) {
  json::Skimmer skimmer;
  skimmer.feed(line);
  const auto id = skimmer.id();
  const auto number = id ? json::as_int64(*id) : std::nullopt;
  const auto found = number ? struck_.find(*number) : struck_.end();
  if (found == struck_.end()) return deliver(std::move(line));
  const Struck struck = found->second;
  struck_.erase(found);
  switch (struck.fault) {
    case Fault::delay:
      return deliver(std::move(line), struck.time);
    case Fault::slow:
      return deliver_slowly(line, struck.time);
    case Fault::missing:
    case Fault::crash:  // it was quicker than its end
      return;
    case Fault::duplicate:
      deliver(line);
      return deliver(std::move(line));
    case Fault::truncate:
      deliver(line.substr(0, line.size() / 2));
      return end();
    case Fault::garble:
      line.insert(line.size() - 1, "}");  // whose answer it is can still be read
      return deliver(std::move(line));
    default:
      return deliver(std::move(line));
  }
}

std::string error_of(const FaultRule& rule, std::int64_t id) {
  return fmt::format(R"({{"jsonrpc":"2.0","id":{},"error":{{"code":{},"message":{}}}}})", id, rule.code,
                     json::quote(rule.message));
}

}  // namespace sallyport::client
