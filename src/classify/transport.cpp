#include "classify/transport.hpp"

#include "classify/errno.hpp"
#include "classify/tls.hpp"

#include <array>
#include <cerrno>
#include <string>

#include <netdb.h>

namespace sallyport::classify {
namespace {

constexpr std::string_view system_category = "system";
constexpr std::string_view generic_category = "generic";
constexpr std::string_view netdb_category = "asio.netdb";
constexpr std::string_view addrinfo_category = "asio.addrinfo";
constexpr std::string_view misc_category = "asio.misc";
constexpr std::string_view ssl_category = "asio.ssl";
constexpr std::string_view ssl_stream_category = "asio.ssl.stream";
constexpr std::string_view beast_category = "boost.beast";
constexpr std::string_view http_category = "beast.http";
constexpr std::string_view zlib_category = "boost.beast.zlib";

// The numbers of the libraries, which must not be included here; the tests hold them against the headers.
enum Netdb { netdb_host_not_found = 1, netdb_try_again, netdb_no_recovery, netdb_no_data };
enum Misc { misc_already_open = 1, misc_eof };
enum SslStream {
  ssl_stream_stream_truncated = 1,
  ssl_stream_unspecified_system_error,
  ssl_stream_unexpected_result
};
enum Beast { beast_timeout = 1 };
enum Http {
  http_end_of_stream = 1,
  http_partial_message,
  http_need_more,
  http_unexpected_body,
  http_need_buffer,
  http_end_of_chunk,
  http_buffer_overflow,
  http_header_limit,
  http_body_limit,
  http_bad_alloc,
  http_bad_line_ending,
  http_bad_method,
  http_bad_target,
  http_bad_version,
  http_bad_status,
  http_bad_reason,
  http_bad_field,
  http_bad_value,
  http_bad_content_length,
  http_bad_transfer_encoding,
  http_bad_chunk,
  http_bad_chunk_extension,
  http_bad_obs_fold,
  http_multiple_content_length,
  http_stale_parser,
  http_short_read
};

constexpr auto codes = std::to_array<NamedCode>({
    {"access_denied", {system_category, EACCES}},
    {"address_family_not_supported", {system_category, EAFNOSUPPORT}},
    {"address_in_use", {system_category, EADDRINUSE}},
    {"already_connected", {system_category, EISCONN}},
    {"already_started", {system_category, EALREADY}},
    {"broken_pipe", {system_category, EPIPE}},
    {"connection_aborted", {system_category, ECONNABORTED}},
    {"connection_refused", {system_category, ECONNREFUSED}},
    {"connection_reset", {system_category, ECONNRESET}},
    {"bad_descriptor", {system_category, EBADF}},
    {"fault", {system_category, EFAULT}},
    {"host_unreachable", {system_category, EHOSTUNREACH}},
    {"in_progress", {system_category, EINPROGRESS}},
    {"interrupted", {system_category, EINTR}},
    {"invalid_argument", {system_category, EINVAL}},
    {"message_size", {system_category, EMSGSIZE}},
    {"name_too_long", {system_category, ENAMETOOLONG}},
    {"network_down", {system_category, ENETDOWN}},
    {"network_reset", {system_category, ENETRESET}},
    {"network_unreachable", {system_category, ENETUNREACH}},
    {"no_descriptors", {system_category, EMFILE}},
    {"no_buffer_space", {system_category, ENOBUFS}},
    {"no_memory", {system_category, ENOMEM}},
    {"no_permission", {system_category, EPERM}},
    {"no_protocol_option", {system_category, ENOPROTOOPT}},
    {"no_such_device", {system_category, ENODEV}},
    {"not_connected", {system_category, ENOTCONN}},
    {"not_socket", {system_category, ENOTSOCK}},
    {"operation_aborted", {system_category, ECANCELED}},
    {"operation_not_supported", {system_category, EOPNOTSUPP}},
    {"shut_down", {system_category, ESHUTDOWN}},
    {"timed_out", {system_category, ETIMEDOUT}},
    {"try_again", {system_category, EAGAIN}},
    {"would_block", {system_category, EWOULDBLOCK}},
    {"host_not_found", {netdb_category, netdb_host_not_found}},
    {"host_not_found_try_again", {netdb_category, netdb_try_again}},
    {"no_recovery", {netdb_category, netdb_no_recovery}},
    {"no_data", {netdb_category, netdb_no_data}},
    {"service_not_found", {addrinfo_category, EAI_SERVICE}},
    {"socket_type_not_supported", {addrinfo_category, EAI_SOCKTYPE}},
    {"already_open", {misc_category, misc_already_open}},
    {"eof", {misc_category, misc_eof}},
    {"not_found", {misc_category, 3}},
    {"fd_set_failure", {misc_category, 4}},
    {"stream_truncated", {ssl_stream_category, ssl_stream_stream_truncated}},
    {"unspecified_system_error", {ssl_stream_category, ssl_stream_unspecified_system_error}},
    {"unexpected_result", {ssl_stream_category, ssl_stream_unexpected_result}},
    {"timeout", {beast_category, beast_timeout}},
    {"end_of_stream", {http_category, http_end_of_stream}},
    {"partial_message", {http_category, http_partial_message}},
    {"need_more", {http_category, http_need_more}},
    {"unexpected_body", {http_category, http_unexpected_body}},
    {"need_buffer", {http_category, http_need_buffer}},
    {"end_of_chunk", {http_category, http_end_of_chunk}},
    {"buffer_overflow", {http_category, http_buffer_overflow}},
    {"header_limit", {http_category, http_header_limit}},
    {"body_limit", {http_category, http_body_limit}},
    {"bad_alloc", {http_category, http_bad_alloc}},
    {"bad_line_ending", {http_category, http_bad_line_ending}},
    {"bad_method", {http_category, http_bad_method}},
    {"bad_target", {http_category, http_bad_target}},
    {"bad_version", {http_category, http_bad_version}},
    {"bad_status", {http_category, http_bad_status}},
    {"bad_reason", {http_category, http_bad_reason}},
    {"bad_field", {http_category, http_bad_field}},
    {"bad_value", {http_category, http_bad_value}},
    {"bad_content_length", {http_category, http_bad_content_length}},
    {"bad_transfer_encoding", {http_category, http_bad_transfer_encoding}},
    {"bad_chunk", {http_category, http_bad_chunk}},
    {"bad_chunk_extension", {http_category, http_bad_chunk_extension}},
    {"bad_obs_fold", {http_category, http_bad_obs_fold}},
    {"multiple_content_length", {http_category, http_multiple_content_length}},
    {"stale_parser", {http_category, http_stale_parser}},
    {"short_read", {http_category, http_short_read}},
});

// What nobody foresaw: worth another try, and counted as the transport's.
Verdict unmapped() noexcept {
  return {FailureClass::connection, Kind::network_transport_runtime_unmapped, true};
}

// The kernel knows no way to such an address: of a kind that this machine does not have, or reserved.
constexpr bool is_no_address(int number) noexcept {
  return number == EINVAL || number == EAFNOSUPPORT || number == EADDRNOTAVAIL;
}

Verdict system_verdict(int number, const Context& context) noexcept {
  if (const auto verdict = errno_verdict(number)) return *verdict;
  if (context.phase == Phase::connect && is_no_address(number)) return verdict_for(FailureClass::unreachable);
  switch (number) {
    case EAFNOSUPPORT:
    case EINVAL:
    case ENOPROTOOPT:
      return verdict_for(FailureClass::misuse);
    default:
      return unmapped();
  }
}

// A name that does not exist will not exist in a moment either, unless it did before: then it is the DNS that
// fails.
Verdict name_unknown(const Context& context) noexcept {
  Verdict verdict = verdict_for(FailureClass::dns);
  verdict.can_retry = context.resolved_before;
  return verdict;
}

Verdict netdb_verdict(int value, const Context& context) noexcept {
  return value == netdb_host_not_found ? name_unknown(context) : verdict_for(FailureClass::dns);
}

// Takes the results of getaddrinfo too.
Verdict addrinfo_verdict(int value, const Context& context) noexcept {
  switch (value) {
    case EAI_NONAME:
      return name_unknown(context);
    case EAI_BADFLAGS:
    case EAI_FAMILY:
    case EAI_SOCKTYPE:
    case EAI_SERVICE:
    case EAI_OVERFLOW:
      return verdict_for(FailureClass::misuse);
    case EAI_MEMORY:
      return verdict_for(FailureClass::exhausted);
    default:
      return verdict_for(FailureClass::dns);
  }
}

Verdict misc_verdict(int value) noexcept {
  switch (value) {
    case misc_already_open:
      return verdict_for(FailureClass::misuse);
    case misc_eof:
      return verdict_for(FailureClass::connection);
    default:
      return unmapped();
  }
}

Verdict http_verdict(int value, const Context& context) noexcept {
  switch (value) {
    case http_end_of_stream:
    case http_partial_message:
    case http_short_read:
      return verdict_for(FailureClass::connection);
    case http_buffer_overflow:
    case http_header_limit:
    case http_body_limit:
      return verdict_for(FailureClass::too_large);
    case http_bad_alloc:
      return verdict_for(FailureClass::exhausted);
    case http_unexpected_body:
    case http_bad_line_ending:
    case http_bad_method:
    case http_bad_target:
    case http_bad_version:
    case http_bad_status:
    case http_bad_reason:
    case http_bad_field:
    case http_bad_value:
    case http_bad_content_length:
    case http_bad_transfer_encoding:
    case http_bad_chunk:
    case http_bad_chunk_extension:
    case http_bad_obs_fold:
    case http_multiple_content_length:
      // While sending, what is malformed is our own request.
      return verdict_for(context.phase == Phase::send ? FailureClass::misuse : FailureClass::protocol);
    default:
      return unmapped();
  }
}

std::string_view name_of(ForeignCode code) noexcept {
  for (const NamedCode& named : codes) {
    if (named.code.category == code.category && named.code.value == code.value) return named.name;
  }
  return {};
}

std::string error_type(ForeignCode code) {
  if (code.category == system_category || code.category == generic_category) {
    return std::string(errno_name(code.value));
  }
  const std::string_view name = name_of(code);
  return name.empty() ? "unmapped" : std::string(name);
}

}  // namespace

std::span<const NamedCode> transport_codes() noexcept {
  return codes;
}

Verdict transport_verdict(ForeignCode code, const Context& context) noexcept {
  if (code.category == system_category || code.category == generic_category)
    return system_verdict(code.value, context);
  if (code.category == netdb_category) return netdb_verdict(code.value, context);
  if (code.category == addrinfo_category) return addrinfo_verdict(code.value, context);
  if (code.category == misc_category) return misc_verdict(code.value);
  if (code.category == http_category) return http_verdict(code.value, context);
  if (code.category == ssl_category) {
    return tls_verdict({.error = static_cast<unsigned long>(static_cast<unsigned>(code.value))});
  }
  if (code.category == ssl_stream_category) {
    return code.value == ssl_stream_unexpected_result ? unmapped() : verdict_for(FailureClass::connection);
  }
  if (code.category == beast_category && code.value == beast_timeout)
    return verdict_for(FailureClass::timeout);
  // What was sent compressed cannot be inflated.
  if (code.category == zlib_category) {
    return {FailureClass::protocol, Kind::network_transport_runtime_unmapped, true};
  }
  return unmapped();
}

Error from_error_code(ForeignCode code, const Context& context) {
  return make_error(transport_verdict(code, context), context, error_type(code));
}

}  // namespace sallyport::classify
