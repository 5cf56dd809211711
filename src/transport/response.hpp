// The JSON-RPC response to a request, in pieces that are written without being joined.
#pragma once

#include "pipeline/call.hpp"

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace sallyport::transport {

// The header field that names a request, as in its log lines and its failure.
std::string correlation_line(const CorrelationId& correlation);

// Views into the reply, the id and itself: all three outlive the writing.
class ResponseText {
 public:
  // `id` is the caller's, raw. Empty when nothing is to be sent: the request was cancelled.
  ResponseText(const pipeline::Reply& reply, std::string_view id, protocol::Revision client);
  ResponseText(const ResponseText&) = delete;
  ResponseText& operator=(const ResponseText&) = delete;

  std::span<const std::string_view> pieces() const noexcept { return std::span(pieces_).first(count_); }
  bool empty() const noexcept { return count_ == 0; }
  std::size_t size() const noexcept;

  // In one line, for a peer that splits at line breaks.
  void append_line(std::string& out) const;

 private:
  void answer(const pipeline::Answer& answer, std::string_view id, protocol::Revision client);
  void result(std::string_view id, std::string_view text);
  void add(std::string_view text) noexcept { pieces_[count_++] = text; }

  std::array<std::string_view, 5> pieces_;
  std::size_t count_ = 0;
  std::string storage_;
};

}  // namespace sallyport::transport
