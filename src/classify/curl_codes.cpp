// The tables of libcurl's codes. Numbers and names are those of <curl/curl.h>, <curl/urlapi.h> and
// <curl/multi.h>; the tests hold the tables against these headers.
#include "classify/curl.hpp"

#include <array>

namespace sallyport::classify {
namespace {

constexpr std::string_view missing_scheme =
    "HTTP request URL is missing a scheme (expected http:// or https://).";
constexpr std::string_view unsupported_scheme =
    "HTTP request URL uses an unsupported scheme (expected http or https).";
constexpr std::string_view malformed_url = "HTTP request URL is invalid or malformed.";
constexpr std::string_view other_protocol = "The request uses a protocol other than HTTP.";
constexpr std::string_view redirects = "HTTP redirect limit exceeded before a final response was received.";

Verdict misuse() {
  return verdict_for(FailureClass::misuse);
}

Verdict local() {
  return verdict_for(FailureClass::local);
}

// What the failure itself says of how far it came.
Verdict at(Phase phase, FailureClass failure) {
  Verdict verdict = verdict_for(failure);
  verdict.phase = phase;
  return verdict;
}

Verdict unmapped() {
  return {FailureClass::connection, Kind::network_transport_runtime_unmapped, true};
}

// Would end the same way again.
Verdict useless(FailureClass failure) {
  return {failure, Kind::network_transport_runtime_unmapped, false};
}

Verdict undecodable() {
  return {FailureClass::protocol, Kind::network_transport_runtime_unmapped, true};
}

// A complete reply: its status decides, where it is known.
Verdict answered() {
  return {FailureClass::other, Kind::upstream_runtime_unmapped, false};
}

const auto easy_codes = std::to_array<CurlCode>({
    {1, "UNSUPPORTED_PROTOCOL", misuse(), unsupported_scheme},
    {2, "FAILED_INIT", local(), ""},
    {3, "URL_MALFORMAT", misuse(), malformed_url},
    {4, "NOT_BUILT_IN", local(), ""},
    {5, "COULDNT_RESOLVE_PROXY", at(Phase::resolve, FailureClass::unreachable), ""},
    {6, "COULDNT_RESOLVE_HOST", verdict_for(FailureClass::dns), ""},
    {7, "COULDNT_CONNECT", at(Phase::connect, FailureClass::connection), ""},
    {8, "WEIRD_SERVER_REPLY", verdict_for(FailureClass::protocol), ""},
    {9, "REMOTE_ACCESS_DENIED", answered(), ""},
    {10, "FTP_ACCEPT_FAILED", misuse(), other_protocol},
    {11, "FTP_WEIRD_PASS_REPLY", misuse(), other_protocol},
    {12, "FTP_ACCEPT_TIMEOUT", misuse(), other_protocol},
    {13, "FTP_WEIRD_PASV_REPLY", misuse(), other_protocol},
    {14, "FTP_WEIRD_227_FORMAT", misuse(), other_protocol},
    {15, "FTP_CANT_GET_HOST", misuse(), other_protocol},
    {16, "HTTP2", verdict_for(FailureClass::protocol), ""},
    {17, "FTP_COULDNT_SET_TYPE", misuse(), other_protocol},
    {18, "PARTIAL_FILE", verdict_for(FailureClass::connection), ""},
    {19, "FTP_COULDNT_RETR_FILE", misuse(), other_protocol},
    {20, "OBSOLETE20", unmapped(), ""},
    {21, "QUOTE_ERROR", misuse(), other_protocol},
    {22, "HTTP_RETURNED_ERROR", answered(), ""},
    {23, "WRITE_ERROR", local(), ""},
    {24, "OBSOLETE24", unmapped(), ""},
    {25, "UPLOAD_FAILED", unmapped(), ""},
    {26, "READ_ERROR", local(), ""},
    {27, "OUT_OF_MEMORY", local(), ""},
    {28, "OPERATION_TIMEDOUT", verdict_for(FailureClass::timeout), ""},
    {29, "OBSOLETE29", unmapped(), ""},
    {30, "FTP_PORT_FAILED", misuse(), other_protocol},
    {31, "FTP_COULDNT_USE_REST", misuse(), other_protocol},
    {32, "OBSOLETE32", unmapped(), ""},
    {33, "RANGE_ERROR", useless(FailureClass::protocol), ""},
    {34, "HTTP_POST_ERROR", misuse(), ""},
    {35, "SSL_CONNECT_ERROR", at(Phase::tls, FailureClass::connection), ""},
    {36, "BAD_DOWNLOAD_RESUME", useless(FailureClass::protocol), ""},
    {37, "FILE_COULDNT_READ_FILE", local(), ""},
    {38, "LDAP_CANNOT_BIND", misuse(), other_protocol},
    {39, "LDAP_SEARCH_FAILED", misuse(), other_protocol},
    {40, "OBSOLETE40", unmapped(), ""},
    {41, "FUNCTION_NOT_FOUND", local(), ""},
    {42, "ABORTED_BY_CALLBACK", useless(FailureClass::connection), ""},
    {43, "BAD_FUNCTION_ARGUMENT", misuse(), ""},
    {44, "OBSOLETE44", unmapped(), ""},
    {45, "INTERFACE_FAILED", local(), ""},
    {46, "OBSOLETE46", unmapped(), ""},
    {47, "TOO_MANY_REDIRECTS", useless(FailureClass::protocol), redirects},
    {48, "UNKNOWN_OPTION", misuse(), ""},
    {49, "SETOPT_OPTION_SYNTAX", misuse(), ""},
    {50, "OBSOLETE50", unmapped(), ""},
    {51, "OBSOLETE51", verdict_for(FailureClass::tls), ""},
    {52, "GOT_NOTHING", verdict_for(FailureClass::connection), ""},
    {53, "SSL_ENGINE_NOTFOUND", verdict_for(FailureClass::tls), ""},
    {54, "SSL_ENGINE_SETFAILED", verdict_for(FailureClass::tls), ""},
    {55, "SEND_ERROR", verdict_for(FailureClass::connection), ""},
    {56, "RECV_ERROR", verdict_for(FailureClass::connection), ""},
    {57, "OBSOLETE57", unmapped(), ""},
    {58, "SSL_CERTPROBLEM", verdict_for(FailureClass::tls), ""},
    {59, "SSL_CIPHER", verdict_for(FailureClass::tls), ""},
    {60, "PEER_FAILED_VERIFICATION", verdict_for(FailureClass::tls), ""},
    {61, "BAD_CONTENT_ENCODING", undecodable(), ""},
    {62, "OBSOLETE62", unmapped(), ""},
    {63, "FILESIZE_EXCEEDED", verdict_for(FailureClass::too_large), ""},
    {64, "USE_SSL_FAILED", verdict_for(FailureClass::tls), ""},
    {65, "SEND_FAIL_REWIND", unmapped(), ""},
    {66, "SSL_ENGINE_INITFAILED", verdict_for(FailureClass::tls), ""},
    {67, "LOGIN_DENIED", answered(), ""},
    {68, "TFTP_NOTFOUND", misuse(), other_protocol},
    {69, "TFTP_PERM", misuse(), other_protocol},
    {70, "REMOTE_DISK_FULL", misuse(), other_protocol},
    {71, "TFTP_ILLEGAL", misuse(), other_protocol},
    {72, "TFTP_UNKNOWNID", misuse(), other_protocol},
    {73, "REMOTE_FILE_EXISTS", misuse(), other_protocol},
    {74, "TFTP_NOSUCHUSER", misuse(), other_protocol},
    {75, "OBSOLETE75", unmapped(), ""},
    {76, "OBSOLETE76", unmapped(), ""},
    {77, "SSL_CACERT_BADFILE", verdict_for(FailureClass::tls), ""},
    {78, "REMOTE_FILE_NOT_FOUND", answered(), ""},
    {79, "SSH", misuse(), other_protocol},
    {80, "SSL_SHUTDOWN_FAILED", unmapped(), ""},
    {81, "AGAIN", unmapped(), ""},
    {82, "SSL_CRL_BADFILE", verdict_for(FailureClass::tls), ""},
    {83, "SSL_ISSUER_ERROR", verdict_for(FailureClass::tls), ""},
    {84, "FTP_PRET_FAILED", misuse(), other_protocol},
    {85, "RTSP_CSEQ_ERROR", misuse(), other_protocol},
    {86, "RTSP_SESSION_ERROR", misuse(), other_protocol},
    {87, "FTP_BAD_FILE_LIST", misuse(), other_protocol},
    {88, "CHUNK_FAILED", misuse(), other_protocol},
    {89, "NO_CONNECTION_AVAILABLE", at(Phase::connect, FailureClass::timeout), ""},
    {90, "SSL_PINNEDPUBKEYNOTMATCH", verdict_for(FailureClass::tls), ""},
    {91, "SSL_INVALIDCERTSTATUS", verdict_for(FailureClass::tls), ""},
    {92, "HTTP2_STREAM", verdict_for(FailureClass::protocol), ""},
    {93, "RECURSIVE_API_CALL", local(), ""},
    {94, "AUTH_ERROR", local(), ""},
    {95, "HTTP3", verdict_for(FailureClass::protocol), ""},
    {96, "QUIC_CONNECT_ERROR", at(Phase::tls, FailureClass::connection), ""},
    {97, "PROXY", at(Phase::connect, FailureClass::unreachable), ""},
    {98, "SSL_CLIENTCERT", verdict_for(FailureClass::tls), ""},
    {99, "UNRECOVERABLE_POLL", unmapped(), ""},
    {100, "TOO_LARGE", verdict_for(FailureClass::too_large), ""},
    {101, "ECH_REQUIRED", verdict_for(FailureClass::tls), ""},
});

const auto url_codes = std::to_array<CurlCode>({
    {1, "BAD_HANDLE", misuse(), malformed_url},
    {2, "BAD_PARTPOINTER", misuse(), malformed_url},
    {3, "MALFORMED_INPUT", misuse(), malformed_url},
    {4, "BAD_PORT_NUMBER", misuse(), malformed_url},
    {5, "UNSUPPORTED_SCHEME", misuse(), unsupported_scheme},
    {6, "URLDECODE", misuse(), malformed_url},
    {7, "OUT_OF_MEMORY", misuse(), malformed_url},
    {8, "USER_NOT_ALLOWED", misuse(), malformed_url},
    {9, "UNKNOWN_PART", misuse(), malformed_url},
    {10, "NO_SCHEME", misuse(), missing_scheme},
    {11, "NO_USER", misuse(), malformed_url},
    {12, "NO_PASSWORD", misuse(), malformed_url},
    {13, "NO_OPTIONS", misuse(), malformed_url},
    {14, "NO_HOST", misuse(), malformed_url},
    {15, "NO_PORT", misuse(), malformed_url},
    {16, "NO_QUERY", misuse(), malformed_url},
    {17, "NO_FRAGMENT", misuse(), malformed_url},
    {18, "NO_ZONEID", misuse(), malformed_url},
    {19, "BAD_FILE_URL", misuse(), malformed_url},
    {20, "BAD_FRAGMENT", misuse(), malformed_url},
    {21, "BAD_HOSTNAME", misuse(), malformed_url},
    {22, "BAD_IPV6", misuse(), malformed_url},
    {23, "BAD_LOGIN", misuse(), malformed_url},
    {24, "BAD_PASSWORD", misuse(), malformed_url},
    {25, "BAD_PATH", misuse(), malformed_url},
    {26, "BAD_QUERY", misuse(), malformed_url},
    {27, "BAD_SCHEME", misuse(), missing_scheme},
    {28, "BAD_SLASHES", misuse(), malformed_url},
    {29, "BAD_USER", misuse(), malformed_url},
    {30, "LACKS_IDN", misuse(), malformed_url},
    {31, "TOO_LARGE", misuse(), malformed_url},
});

const auto multi_codes = std::to_array<CurlCode>({
    {-1, "CALL_MULTI_PERFORM", local(), ""},
    {1, "BAD_HANDLE", local(), ""},
    {2, "BAD_EASY_HANDLE", local(), ""},
    {3, "OUT_OF_MEMORY", local(), ""},
    {4, "INTERNAL_ERROR", local(), ""},
    {5, "BAD_SOCKET", local(), ""},
    {6, "UNKNOWN_OPTION", local(), ""},
    {7, "ADDED_ALREADY", local(), ""},
    {8, "RECURSIVE_API_CALL", local(), ""},
    {9, "WAKEUP_FAILURE", unmapped(), ""},
    {10, "BAD_FUNCTION_ARGUMENT", local(), ""},
    {11, "ABORTED_BY_CALLBACK", local(), ""},
    {12, "UNRECOVERABLE_POLL", local(), ""},
});

}  // namespace

std::span<const CurlCode> curl_codes(CurlApi api) noexcept {
  switch (api) {
    case CurlApi::easy:
      return easy_codes;
    case CurlApi::url:
      return url_codes;
    case CurlApi::multi:
      return multi_codes;
  }
  return {};
}

}  // namespace sallyport::classify
