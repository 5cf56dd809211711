#include "classify/messages.hpp"

#include <algorithm>
#include <array>

namespace sallyport::classify {
namespace {

struct Phrase {
  int status;
  std::string_view text;
};

// The registry of HTTP statuses, from 400 on, and the few below that a client can be left with.
constexpr auto phrases = std::to_array<Phrase>({
    {100, "Continue"},
    {101, "Switching Protocols"},
    {102, "Processing"},
    {103, "Early Hints"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {305, "Use Proxy"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Request Entity Too Large"},
    {414, "Request-URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Requested Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {418, "I'm a Teapot"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Entity"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {506, "Variant Also Negotiates"},
    {507, "Insufficient Storage"},
    {508, "Loop Detected"},
    {510, "Not Extended"},
    {511, "Network Authentication Required"},
});
static_assert(std::ranges::is_sorted(phrases, {}, &Phrase::status));

std::string_view phrase_of(int status) noexcept {
  const auto found = std::ranges::lower_bound(phrases, status, {}, &Phrase::status);
  return found != phrases.end() && found->status == status ? found->text : "Unknown Status";
}

std::string_view class_of_status(int status) noexcept {
  switch (status / 100) {
    case 1:
      return "informational";
    case 3:
      return "redirection";
    case 4:
      return "client error";
    case 5:
      return "server error";
    default:
      return "response";
  }
}

std::string when_again(const Error& error) {
  const auto seconds =
      std::chrono::floor<std::chrono::seconds>(error.retry_after().value_or(std::chrono::milliseconds(0)));
  if (seconds.count() == 0) return " Rate limit encountered.";
  return " Retry after " + std::to_string(seconds.count()) + " second(s).";
}

// What a failure of this class ends with, behind the subject.
std::string_view ending(FailureClass failure, const Error& error) noexcept {
  switch (failure) {
    case FailureClass::timeout:
      return "timed out before a complete response was received.";
    case FailureClass::misuse:
      return "violated the protocol before it was sent (malformed headers or body).";
    case FailureClass::too_large:
      return "was answered with more than the limit allows.";
    case FailureClass::exhausted:
      return "could not be made: this machine is short of memory, descriptors or processes.";
    case FailureClass::cancelled:
      return "was cancelled.";
    case FailureClass::local:
      return "could not be made on this machine.";
    case FailureClass::protocol:
      if (error.kind() == Kind::network_transport_runtime_unmapped)
        return "was answered with what could not be decoded.";
      break;
    default:
      break;
  }
  return error.executed() == Executed::no ? "failed before reaching the upstream service."
                                          : "failed before a complete response was received.";
}

}  // namespace

std::string answer_message(std::string_view protocol, const Error& error) {
  const int status = error.wire_status().value_or(error.status_code().value_or(0));
  std::string out = "Upstream ";
  out += protocol;
  out += " request failed (";
  out += phrase_of(status);
  out += ", ";
  out += class_of_status(status);
  out += ").";
  if (error.kind() == Kind::upstream_runtime_rate_limit) out += when_again(error);
  return out;
}

std::string failure_message(std::string_view subject, FailureClass failure, const Error& error) {
  if (failure == FailureClass::tls)
    return "TLS handshake failed — likely a local certificate or trust configuration issue.";
  if (failure == FailureClass::unavailable) return "The server is not there.";
  return std::string(subject) + " " + std::string(ending(failure, error));
}

}  // namespace sallyport::classify
