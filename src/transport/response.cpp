#include "transport/response.hpp"

#include "base/strings.hpp"
#include "json/splice.hpp"
#include "protocol/rewrite.hpp"

#include <fmt/format.h>

namespace sallyport::transport {
namespace {

std::string_view why(Code mark) {
  switch (mark) {
    case Code::recovery_session_reset:
      return "the server had forgotten our session; the call was sent in a new one";
    case Code::recovery_fallback_used:
      return "the server of this tool failed; the one that stands in for it answered";
    default:
      return "the result came in another way than usual";
  }
}

std::string degraded_mark(const pipeline::Answer& answer) {
  if (!answer.degraded) return {};
  return fmt::format(R"([{{"what":"{}","why":"{}","code":"{}"}}])", full_name(*answer.degraded),
                     why(*answer.degraded), wire_name(*answer.degraded));
}

}  // namespace

std::string correlation_line(const CorrelationId& correlation) {
  std::string line;
  line.reserve(64);
  line += "X-Correlation-Id: ";
  append_hex(line, correlation.bytes);
  line += "\r\n";
  return line;
}

ResponseText::ResponseText(const pipeline::Reply& reply, std::string_view id, protocol::Revision client) {
  if (const auto* upstream = std::get_if<std::unique_ptr<pipeline::Answer>>(&reply)) {
    answer(**upstream, id, client);
  } else if (const auto* local = std::get_if<pipeline::Local>(&reply)) {
    result(id, *local->result);
  } else if (const auto& failed = std::get<pipeline::Failed>(reply);
             failed.error.code() != Code::proto_cancelled) {
    storage_ = protocol::to_response(*failed.failure, id, client);
    add(storage_);
  }
}

void ResponseText::answer(const pipeline::Answer& answer, std::string_view id, protocol::Revision client) {
  if (answer.message.kind() == protocol::MessageKind::error_response) {
    storage_ = protocol::rewrite_error(answer.bytes, answer.message, answer.method, id, client);
    return add(storage_);
  }
  const std::string mark = degraded_mark(answer);
  result(id, protocol::rewrite_result(answer.bytes, answer.message, answer.method, client, storage_, mark));
}

void ResponseText::result(std::string_view id, std::string_view text) {
  add(R"({"jsonrpc":"2.0","id":)");
  add(id);
  add(R"(,"result":)");
  add(text);
  add("}");
}

std::size_t ResponseText::size() const noexcept {
  std::size_t bytes = 0;
  for (const std::string_view piece : pieces()) bytes += piece.size();
  return bytes;
}

void ResponseText::append_line(std::string& out) const {
  out.reserve(out.size() + size() + 1);
  for (const std::string_view piece : pieces()) json::append_line_safe(out, piece);
}

}  // namespace sallyport::transport
