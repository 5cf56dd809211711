#include "classify/curl.hpp"

#include "base/strings.hpp"
#include "classify/errno.hpp"
#include "classify/http.hpp"
#include "classify/tls_text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

namespace sallyport::classify {
namespace {

// The codes whose meaning depends on what else is known.
constexpr int remote_access_denied = 9;
constexpr int couldnt_resolve_host = 6;
constexpr int couldnt_connect = 7;
constexpr int http_returned_error = 22;
constexpr int ssl_connect_error = 35;
constexpr int send_error = 55;
constexpr int recv_error = 56;
constexpr int login_denied = 67;
constexpr int remote_file_not_found = 78;
constexpr int quic_connect_error = 96;
constexpr int proxy = 97;
constexpr int url_no_scheme = 10;
constexpr int proxy_authentication_required = 407;

// Names of an older libcurl that stand for a number of today.
struct Alias {
  std::string_view name;
  int number;
};
constexpr auto easy_aliases = std::to_array<Alias>({
    {"OBSOLETE", 50},
    {"OBSOLETE4", 4},
    {"OBSOLETE10", 10},
    {"OBSOLETE12", 12},
    {"OBSOLETE16", 16},
    {"BAD_CALLING_ORDER", 44},
    {"BAD_PASSWORD_ENTERED", 46},
    {"CONV_FAILED", 75},
    {"CONV_REQD", 76},
    {"FTP_ACCESS_DENIED", 9},
    {"FTP_BAD_DOWNLOAD_RESUME", 36},
    {"FTP_CANT_RECONNECT", 16},
    {"FTP_COULDNT_GET_SIZE", 32},
    {"FTP_COULDNT_SET_ASCII", 29},
    {"FTP_COULDNT_SET_BINARY", 17},
    {"FTP_COULDNT_STOR_FILE", 25},
    {"FTP_PARTIAL_FILE", 18},
    {"FTP_QUOTE_ERROR", 21},
    {"FTP_SSL_FAILED", 64},
    {"FTP_USER_PASSWORD_INCORRECT", 10},
    {"FTP_WEIRD_SERVER_REPLY", 8},
    {"FTP_WEIRD_USER_REPLY", 12},
    {"FTP_WRITE_ERROR", 20},
    {"HTTP_NOT_FOUND", 22},
    {"HTTP_PORT_FAILED", 45},
    {"HTTP_RANGE_ERROR", 33},
    {"LDAP_INVALID_URL", 62},
    {"LIBRARY_NOT_FOUND", 40},
    {"MALFORMAT_USER", 24},
    {"OPERATION_TIMEOUTED", 28},
    {"SHARE_IN_USE", 57},
    {"SSL_CACERT", 60},
    {"SSL_PEER_CERTIFICATE", 60},
    {"TELNET_OPTION_SYNTAX", 49},
    {"TFTP_DISKFULL", 70},
    {"TFTP_EXISTS", 73},
    {"UNKNOWN_TELNET_OPTION", 48},
    {"URL_MALFORMAT_USER", 4},
});

constexpr std::array<std::string_view, 3> prefixes = {"CURLE_", "CURLUE_", "CURLM_"};

constexpr std::string_view prefix_of(CurlApi api) noexcept {
  return prefixes[static_cast<std::size_t>(api)];
}

bool contains(std::string_view text, std::string_view words) noexcept {
  for (; text.size() >= words.size(); text.remove_prefix(1))
    if (iequals(text.substr(0, words.size()), words)) return true;
  return false;
}

bool contains_any(std::string_view text, std::span<const std::string_view> each) noexcept {
  return std::ranges::any_of(each, [&](std::string_view words) { return contains(text, words); });
}

// What resolvers say of a name that does not exist.
constexpr auto unknown_name = std::to_array<std::string_view>(
    {"NXDOMAIN", "EAI_NONAME", "Name or service not known", "nodename nor servname", "no such host",
     "Domain name not found", "host not found", "host_not_found", "Name does not resolve"});

// What proxies say to those whom they do not know.
constexpr auto proxy_refusal = std::to_array<std::string_view>({"_AUTH", "authentication", "rejected"});

// A name that does not exist will not exist in a moment either, unless it did before.
Verdict name_verdict(Verdict standard, const Context& context) noexcept {
  if (contains_any(context.detail, unknown_name)) standard.can_retry = context.resolved_before;
  return standard;
}

// Only what the kernel says of the network itself: other numbers may be left from an earlier call.
Verdict system_verdict(Verdict standard, int number) noexcept {
  const std::optional<Verdict> known = number == EAGAIN ? std::nullopt : errno_verdict(number);
  if (!known) return standard;
  const bool network = known->failure == FailureClass::timeout ||
                       known->failure == FailureClass::unreachable ||
                       known->failure == FailureClass::exhausted;
  if (!network) return standard;
  Verdict verdict = *known;
  verdict.phase = standard.phase;
  return verdict;
}

Verdict handshake_verdict(Verdict standard, const CurlFailure& failure, const Context& context) {
  if (failure.ssl_verify_result != 0) return verdict_for(FailureClass::tls);
  if (const auto told = tls_text_verdict(context.detail)) return *told;
  return system_verdict(standard, failure.os_errno);
}

// A proxy that wants to know who we are is told nothing else by a repetition.
Verdict proxy_verdict(Verdict standard, const CurlFailure& failure, const Context& context) noexcept {
  const bool refused = failure.connect_code == proxy_authentication_required ||
                       (failure.code == proxy && contains_any(context.detail, proxy_refusal));
  Verdict verdict = verdict_for(refused ? FailureClass::misuse : FailureClass::unreachable);
  verdict.phase = Phase::connect;
  return failure.code == proxy || failure.connect_code >= 400 ? verdict : standard;
}

std::optional<int> status_in(std::string_view detail) noexcept {
  constexpr std::string_view words = "returned error: ";
  const std::size_t at = detail.find(words);
  if (at == detail.npos) return std::nullopt;
  return parse_int<int>(detail.substr(at + words.size(), 3));
}

}  // namespace

const CurlCode* find_curl_code(CurlApi api, int number) noexcept {
  const std::span<const CurlCode> codes = curl_codes(api);
  const auto found = std::ranges::lower_bound(codes, number, {}, &CurlCode::number);
  return found != codes.end() && found->number == number ? &*found : nullptr;
}

std::optional<int> parse_curl_code(CurlApi api, std::string_view name) noexcept {
  if (name.starts_with(prefix_of(api))) name.remove_prefix(prefix_of(api).size());
  if (name == "OK") return 0;
  for (const CurlCode& code : curl_codes(api))
    if (code.name == name) return code.number;
  if (api == CurlApi::url && name == "MISSING_SCHEME") return url_no_scheme;
  if (api != CurlApi::easy) return std::nullopt;
  for (const Alias& alias : easy_aliases)
    if (alias.name == name) return alias.number;
  return std::nullopt;
}

std::optional<int> curl_status(const CurlFailure& failure, std::string_view detail) noexcept {
  if (failure.api != CurlApi::easy) return std::nullopt;
  switch (failure.code) {
    case remote_access_denied:
      return 403;
    case login_denied:
      return 401;
    case remote_file_not_found:
      return 404;
    case http_returned_error:
      return failure.status ? failure.status : status_in(detail);
    default:
      return std::nullopt;
  }
}

Verdict curl_verdict(const CurlFailure& failure, const Context& context) {
  const CurlCode* const code = find_curl_code(failure.api, failure.code);
  // What nobody foresaw: worth another try, and counted as the transport's.
  if (code == nullptr) return {FailureClass::connection, Kind::network_transport_runtime_unmapped, true};
  if (failure.api != CurlApi::easy) return code->verdict;
  switch (failure.code) {
    case couldnt_resolve_host:
      return name_verdict(code->verdict, context);
    case couldnt_connect:
    case send_error:
      return system_verdict(code->verdict, failure.os_errno);
    case recv_error:
      return proxy_verdict(system_verdict(code->verdict, failure.os_errno), failure, context);
    case proxy:
      return proxy_verdict(code->verdict, failure, context);
    case ssl_connect_error:
    case quic_connect_error:
      return handshake_verdict(code->verdict, failure, context);
    default:
      return code->verdict;
  }
}

Error from_curl(const CurlFailure& failure, Headers headers, SystemTime now, const Context& context) {
  const CurlCode* const code = find_curl_code(failure.api, failure.code);
  const std::string error_type =
      code == nullptr ? "unmapped" : std::string(prefix_of(failure.api)) + std::string(code->name);
  const std::optional<int> status = curl_status(failure, context.detail);
  Error error = status ? from_http(*status, headers, now, context)
                       : make_error(curl_verdict(failure, context), context, error_type);
  return error.with_extra("curl_code", static_cast<std::int64_t>(failure.code));
}

}  // namespace sallyport::classify
