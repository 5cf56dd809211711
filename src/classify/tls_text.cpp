#include "classify/tls_text.hpp"

#include "base/strings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace sallyport::classify {
namespace {

// How OpenSSL 3 packs an error of its SSL library.
constexpr unsigned long ssl_library = 20ul << 23;
constexpr std::int64_t least_packed = 1 << 23;
constexpr std::int64_t least_reason = 100;
constexpr unsigned long alert_offset = 1000;

struct Alert {
  std::string_view name;
  int number;
};

// SSL_AD_…, by the registry of TLS alerts.
constexpr auto alerts = std::to_array<Alert>({
    {"CLOSE_NOTIFY", 0},
    {"UNEXPECTED_MESSAGE", 10},
    {"BAD_RECORD_MAC", 20},
    {"DECRYPTION_FAILED", 21},
    {"RECORD_OVERFLOW", 22},
    {"DECOMPRESSION_FAILURE", 30},
    {"HANDSHAKE_FAILURE", 40},
    {"NO_CERTIFICATE", 41},
    {"BAD_CERTIFICATE", 42},
    {"UNSUPPORTED_CERTIFICATE", 43},
    {"CERTIFICATE_REVOKED", 44},
    {"CERTIFICATE_EXPIRED", 45},
    {"CERTIFICATE_UNKNOWN", 46},
    {"ILLEGAL_PARAMETER", 47},
    {"UNKNOWN_CA", 48},
    {"ACCESS_DENIED", 49},
    {"DECODE_ERROR", 50},
    {"DECRYPT_ERROR", 51},
    {"EXPORT_RESTRICTION", 60},
    {"PROTOCOL_VERSION", 70},
    {"INSUFFICIENT_SECURITY", 71},
    {"INTERNAL_ERROR", 80},
    {"INAPPROPRIATE_FALLBACK", 86},
    {"USER_CANCELLED", 90},
    {"NO_RENEGOTIATION", 100},
    {"MISSING_EXTENSION", 109},
    {"UNSUPPORTED_EXTENSION", 110},
    {"CERTIFICATE_UNOBTAINABLE", 111},
    {"UNRECOGNIZED_NAME", 112},
    {"BAD_CERTIFICATE_STATUS_RESPONSE", 113},
    {"BAD_CERTIFICATE_HASH_VALUE", 114},
    {"UNKNOWN_PSK_IDENTITY", 115},
    {"CERTIFICATE_REQUIRED", 116},
    {"NO_APPLICATION_PROTOCOL", 120},
});

// Sentences of libraries that no repetition mends: another protocol on the port, or a certificate that is not
// trusted.
constexpr auto lasting = std::to_array<std::string_view>({
    "WRONG_VERSION",
    "UNSUPPORTED_PROTOCOL",
    "PROTOCOL_VERSION",
    "VERSION_TOO_LOW",
    "HTTP_REQUEST",
    "VERIFY_FAILED",
    "VERIFICATION_FAILED",
    "SELF_SIGNED",
    "LOCAL_ISSUER",
    "HAS_EXPIRED",
    "HOSTNAME_MISMATCH",
    "UNKNOWN_CA",
    "REVOKED",
    "DOES_NOT_MATCH",
});

// In capitals, with underscores for spaces and hyphens.
std::string constant_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == ' ' || c == '-') c = '_';
  }
  return out;
}

TlsFailure of_reason(unsigned long reason) noexcept {
  return {.error = ssl_library | reason};
}

TlsFailure of_alert(int alert) noexcept {
  return of_reason(alert_offset + static_cast<unsigned long>(alert));
}

// "error:0A000086:SSL routines::certificate verify failed": the number says it all.
std::optional<TlsFailure> packed_in(std::string_view text) noexcept {
  constexpr std::string_view mark = "ERROR:";
  const std::size_t at = text.find(mark);
  if (at == text.npos) return std::nullopt;
  const std::string_view digits = text.substr(at + mark.size(), 8);
  unsigned long error = 0;
  const auto [stop, status] = std::from_chars(digits.data(), digits.data() + digits.size(), error, 16);
  if (status != std::errc{} || stop != digits.data() + digits.size() || error == 0) return std::nullopt;
  return TlsFailure{.error = error};
}

// SSL_get_error's answers: a failed system call and a closed connection tell of the transport below.
std::optional<TlsFailure> parse_outcome(std::string_view name) noexcept {
  if (name == "SYSCALL" || name == "ZERO_RETURN") return TlsFailure{};
  if (name == "SSL") return of_reason(0);
  return std::nullopt;
}

std::optional<TlsFailure> parse_verification(std::string_view name) {
  const auto result = parse_verify_name(name);
  const auto known = result ? result : parse_verify_name("ERR_" + std::string(name));
  if (!known) return std::nullopt;
  return TlsFailure{.verify_result = *known};
}

std::optional<TlsFailure> parse_reason(std::string_view name) noexcept {
  const auto reason = parse_tls_reason(name);
  if (!reason) return std::nullopt;
  return of_reason(static_cast<unsigned long>(*reason));
}

std::optional<TlsFailure> parse_alert(std::string_view name) noexcept {
  const auto alert = parse_tls_alert(name);
  if (!alert) return std::nullopt;
  return of_alert(*alert);
}

// The alert that is named behind the word "alert".
std::optional<int> alert_in(std::string_view text) noexcept {
  constexpr std::string_view mark = "ALERT";
  const std::size_t at = text.find(mark);
  if (at == text.npos) return std::nullopt;
  const std::string_view rest = text.substr(at + mark.size());
  constexpr std::string_view number_mark = "ALERT_NUMBER_";
  if (const std::size_t number = text.find(number_mark); number != text.npos) {
    const std::string_view digits = text.substr(number + number_mark.size());
    const std::size_t length = std::min(digits.find_first_not_of("0123456789"), digits.size());
    if (const auto alert = parse_int<int>(digits.substr(0, length))) return alert;
  }
  for (const Alert& alert : alerts)
    if (rest.find(alert.name) != rest.npos) return alert.number;
  if (rest.find("USER_CANCELED") != rest.npos) return parse_tls_alert("USER_CANCELLED");
  return std::nullopt;
}

}  // namespace

std::optional<int> parse_tls_alert(std::string_view name) noexcept {
  const auto found = std::ranges::find(alerts, name, &Alert::name);
  if (found == alerts.end()) return std::nullopt;
  return found->number;
}

TlsFailure tls_failure(std::int64_t number) noexcept {
  if (number >= 0 && number < least_reason) return {.verify_result = static_cast<long>(number)};
  if (number >= least_reason && number < least_packed) return of_reason(static_cast<unsigned long>(number));
  return {.error = static_cast<unsigned long>(static_cast<std::uint32_t>(number))};
}

std::optional<TlsFailure> parse_tls_failure(std::string_view text) {
  const std::string normal = constant_case(text);
  const std::string_view name = normal;
  if (const auto packed = packed_in(name)) return packed;
  if (name.starts_with("X509_V_")) return parse_verification(name);
  if (name.starts_with("SSL_R_")) return parse_reason(name.substr(6));
  if (name.starts_with("SSL_AD_")) return parse_alert(name.substr(7));
  if (name.starts_with("SSL_ERROR_")) return parse_outcome(name.substr(10));
  if (const auto found = parse_verification(name)) return found;
  if (const auto found = parse_reason(name)) return found;
  if (const auto found = parse_alert(name)) return found;
  return parse_outcome(name);
}

std::optional<Verdict> tls_text_verdict(std::string_view text) {
  const std::string normal = constant_case(text);
  if (const auto packed = packed_in(normal)) return tls_verdict(*packed);
  if (const auto alert = alert_in(normal)) return tls_verdict(of_alert(*alert));
  const bool lasts =
      std::ranges::any_of(lasting, [&](std::string_view words) { return normal.find(words) != normal.npos; });
  if (lasts) return verdict_for(FailureClass::tls);
  return std::nullopt;
}

}  // namespace sallyport::classify
