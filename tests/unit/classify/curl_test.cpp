#include "classify/curl.hpp"

#include "errors/error_class.hpp"

#include <array>
#include <cerrno>
#include <string>

#include <gtest/gtest.h>

#if __has_include(<curl/curl.h>)
#include <curl/curl.h>
#endif

namespace sallyport::classify {
namespace {

constexpr SystemTime now{std::chrono::seconds(1'700'000'000)};

Error curl(CurlFailure failure, Context context = {}) {
  return from_curl(failure, {}, now, context);
}

Error easy(int code, Context context = {}) {
  return curl({.code = code}, context);
}

struct Row {
  int number;
  std::string_view name;
  std::string_view expected;  // the code of ours, without an operation
  std::string_view error_class;
  std::string_view kind;
  bool can_retry;
  std::string_view executed = "maybe";
};

constexpr std::string_view fatal = "TOOL_RUNTIME_FATAL";
constexpr std::string_view unreachable = "NETWORK_TRANSPORT_RUNTIME_UNREACHABLE";
constexpr std::string_view unmapped = "NETWORK_TRANSPORT_RUNTIME_UNMAPPED";
constexpr std::string_view timeout = "NETWORK_TRANSPORT_RUNTIME_TIMEOUT";
constexpr std::string_view Fatal = "FatalToolError";
constexpr std::string_view Transport = "NetworkTransportError";
constexpr std::string_view Upstream = "UpstreamError";

// The reference's table, row by row, with what errors.md changes in it.
constexpr auto easy_rows = std::to_array<Row>({
    {1, "UNSUPPORTED_PROTOCOL", "TOOL_001", Fatal, fatal, false},
    {2, "FAILED_INIT", "SYS_005", Fatal, fatal, false},
    {3, "URL_MALFORMAT", "TOOL_001", Fatal, fatal, false},
    {4, "NOT_BUILT_IN", "SYS_005", Fatal, fatal, false},
    {5, "COULDNT_RESOLVE_PROXY", "NET_005", Transport, unreachable, true, "no"},
    {6, "COULDNT_RESOLVE_HOST", "NET_004", Transport, unreachable, true, "no"},
    {7, "COULDNT_CONNECT", "NET_002", Transport, unreachable, true, "no"},
    {8, "WEIRD_SERVER_REPLY", "NET_006", Transport, unreachable, true},
    {9, "REMOTE_ACCESS_DENIED", "TOOL_005", Upstream, "UPSTREAM_RUNTIME_AUTH_ERROR", false, "no"},
    {10, "FTP_ACCEPT_FAILED", "TOOL_001", Fatal, fatal, false},
    {11, "FTP_WEIRD_PASS_REPLY", "TOOL_001", Fatal, fatal, false},
    {12, "FTP_ACCEPT_TIMEOUT", "TOOL_001", Fatal, fatal, false},
    {13, "FTP_WEIRD_PASV_REPLY", "TOOL_001", Fatal, fatal, false},
    {14, "FTP_WEIRD_227_FORMAT", "TOOL_001", Fatal, fatal, false},
    {15, "FTP_CANT_GET_HOST", "TOOL_001", Fatal, fatal, false},
    {16, "HTTP2", "NET_006", Transport, unreachable, true},
    {17, "FTP_COULDNT_SET_TYPE", "TOOL_001", Fatal, fatal, false},
    {18, "PARTIAL_FILE", "NET_002", Transport, unreachable, true},
    {19, "FTP_COULDNT_RETR_FILE", "TOOL_001", Fatal, fatal, false},
    {20, "OBSOLETE20", "NET_002", Transport, unmapped, true},
    {21, "QUOTE_ERROR", "TOOL_001", Fatal, fatal, false},
    {22, "HTTP_RETURNED_ERROR", "TOOL_001", Upstream, "UPSTREAM_RUNTIME_UNMAPPED", false},
    {23, "WRITE_ERROR", "SYS_005", Fatal, fatal, false},
    {24, "OBSOLETE24", "NET_002", Transport, unmapped, true},
    {25, "UPLOAD_FAILED", "NET_002", Transport, unmapped, true},
    {26, "READ_ERROR", "SYS_005", Fatal, fatal, false},
    {27, "OUT_OF_MEMORY", "SYS_005", Fatal, fatal, false},
    {28, "OPERATION_TIMEDOUT", "NET_001", Transport, timeout, true},
    {29, "OBSOLETE29", "NET_002", Transport, unmapped, true},
    {30, "FTP_PORT_FAILED", "TOOL_001", Fatal, fatal, false},
    {31, "FTP_COULDNT_USE_REST", "TOOL_001", Fatal, fatal, false},
    {32, "OBSOLETE32", "NET_002", Transport, unmapped, true},
    {33, "RANGE_ERROR", "NET_006", Transport, unmapped, false},
    {34, "HTTP_POST_ERROR", "TOOL_001", Fatal, fatal, false},
    {35, "SSL_CONNECT_ERROR", "NET_002", Transport, unreachable, true, "no"},
    {36, "BAD_DOWNLOAD_RESUME", "NET_006", Transport, unmapped, false},
    {37, "FILE_COULDNT_READ_FILE", "SYS_005", Fatal, fatal, false},
    {38, "LDAP_CANNOT_BIND", "TOOL_001", Fatal, fatal, false},
    {39, "LDAP_SEARCH_FAILED", "TOOL_001", Fatal, fatal, false},
    {40, "OBSOLETE40", "NET_002", Transport, unmapped, true},
    {41, "FUNCTION_NOT_FOUND", "SYS_005", Fatal, fatal, false},
    {42, "ABORTED_BY_CALLBACK", "NET_002", Transport, unmapped, false},
    {43, "BAD_FUNCTION_ARGUMENT", "TOOL_001", Fatal, fatal, false},
    {44, "OBSOLETE44", "NET_002", Transport, unmapped, true},
    {45, "INTERFACE_FAILED", "SYS_005", Fatal, fatal, false},
    {46, "OBSOLETE46", "NET_002", Transport, unmapped, true},
    {47, "TOO_MANY_REDIRECTS", "NET_006", Transport, unmapped, false},
    {48, "UNKNOWN_OPTION", "TOOL_001", Fatal, fatal, false},
    {49, "SETOPT_OPTION_SYNTAX", "TOOL_001", Fatal, fatal, false},
    {50, "OBSOLETE50", "NET_002", Transport, unmapped, true},
    {51, "OBSOLETE51", "NET_003", Fatal, fatal, false, "no"},
    {52, "GOT_NOTHING", "NET_002", Transport, unreachable, true},
    {53, "SSL_ENGINE_NOTFOUND", "NET_003", Fatal, fatal, false, "no"},
    {54, "SSL_ENGINE_SETFAILED", "NET_003", Fatal, fatal, false, "no"},
    {55, "SEND_ERROR", "NET_002", Transport, unreachable, true},
    {56, "RECV_ERROR", "NET_002", Transport, unreachable, true},
    {57, "OBSOLETE57", "NET_002", Transport, unmapped, true},
    {58, "SSL_CERTPROBLEM", "NET_003", Fatal, fatal, false, "no"},
    {59, "SSL_CIPHER", "NET_003", Fatal, fatal, false, "no"},
    {60, "PEER_FAILED_VERIFICATION", "NET_003", Fatal, fatal, false, "no"},
    {61, "BAD_CONTENT_ENCODING", "NET_006", Transport, unmapped, true},
    {62, "OBSOLETE62", "NET_002", Transport, unmapped, true},
    {63, "FILESIZE_EXCEEDED", "LIMIT_006", Transport, unmapped, false},
    {64, "USE_SSL_FAILED", "NET_003", Fatal, fatal, false, "no"},
    {65, "SEND_FAIL_REWIND", "NET_002", Transport, unmapped, true},
    {66, "SSL_ENGINE_INITFAILED", "NET_003", Fatal, fatal, false, "no"},
    {67, "LOGIN_DENIED", "TOOL_005", Upstream, "UPSTREAM_RUNTIME_AUTH_ERROR", false, "no"},
    {68, "TFTP_NOTFOUND", "TOOL_001", Fatal, fatal, false},
    {69, "TFTP_PERM", "TOOL_001", Fatal, fatal, false},
    {70, "REMOTE_DISK_FULL", "TOOL_001", Fatal, fatal, false},
    {71, "TFTP_ILLEGAL", "TOOL_001", Fatal, fatal, false},
    {72, "TFTP_UNKNOWNID", "TOOL_001", Fatal, fatal, false},
    {73, "REMOTE_FILE_EXISTS", "TOOL_001", Fatal, fatal, false},
    {74, "TFTP_NOSUCHUSER", "TOOL_001", Fatal, fatal, false},
    {75, "OBSOLETE75", "NET_002", Transport, unmapped, true},
    {76, "OBSOLETE76", "NET_002", Transport, unmapped, true},
    {77, "SSL_CACERT_BADFILE", "NET_003", Fatal, fatal, false, "no"},
    {78, "REMOTE_FILE_NOT_FOUND", "TOOL_001", Upstream, "UPSTREAM_RUNTIME_NOT_FOUND", false, "no"},
    {79, "SSH", "TOOL_001", Fatal, fatal, false},
    {80, "SSL_SHUTDOWN_FAILED", "NET_002", Transport, unmapped, true},
    {81, "AGAIN", "NET_002", Transport, unmapped, true},
    {82, "SSL_CRL_BADFILE", "NET_003", Fatal, fatal, false, "no"},
    {83, "SSL_ISSUER_ERROR", "NET_003", Fatal, fatal, false, "no"},
    {84, "FTP_PRET_FAILED", "TOOL_001", Fatal, fatal, false},
    {85, "RTSP_CSEQ_ERROR", "TOOL_001", Fatal, fatal, false},
    {86, "RTSP_SESSION_ERROR", "TOOL_001", Fatal, fatal, false},
    {87, "FTP_BAD_FILE_LIST", "TOOL_001", Fatal, fatal, false},
    {88, "CHUNK_FAILED", "TOOL_001", Fatal, fatal, false},
    {89, "NO_CONNECTION_AVAILABLE", "NET_001", Transport, timeout, true, "no"},
    {90, "SSL_PINNEDPUBKEYNOTMATCH", "NET_003", Fatal, fatal, false, "no"},
    {91, "SSL_INVALIDCERTSTATUS", "NET_003", Fatal, fatal, false, "no"},
    {92, "HTTP2_STREAM", "NET_006", Transport, unreachable, true},
    {93, "RECURSIVE_API_CALL", "SYS_005", Fatal, fatal, false},
    {94, "AUTH_ERROR", "SYS_005", Fatal, fatal, false},
    {95, "HTTP3", "NET_006", Transport, unreachable, true},
    {96, "QUIC_CONNECT_ERROR", "NET_002", Transport, unreachable, true, "no"},
    {97, "PROXY", "NET_005", Transport, unreachable, true, "no"},
    {98, "SSL_CLIENTCERT", "NET_003", Fatal, fatal, false, "no"},
    {99, "UNRECOVERABLE_POLL", "NET_002", Transport, unmapped, true},
    {100, "TOO_LARGE", "LIMIT_006", Transport, unmapped, false},
    {101, "ECH_REQUIRED", "NET_003", Fatal, fatal, false, "no"},
});

TEST(Curl, EveryEasyCodeHasItsRow) {
  ASSERT_EQ(curl_codes(CurlApi::easy).size(), easy_rows.size());
  for (std::size_t i = 0; i < easy_rows.size(); ++i) {
    const Row& row = easy_rows[i];
    const CurlCode& code = curl_codes(CurlApi::easy)[i];
    EXPECT_EQ(code.number, row.number);
    EXPECT_EQ(code.number, static_cast<int>(i) + 1) << "a number is missing";
    EXPECT_EQ(code.name, row.name);
    const Error error = easy(row.number);
    EXPECT_EQ(wire_name(error.code()), row.expected) << row.name;
    EXPECT_EQ(name(class_of(error)), row.error_class) << row.name;
    EXPECT_EQ(name(error.kind()), row.kind) << row.name;
    EXPECT_EQ(error.can_retry(), row.can_retry) << row.name;
    EXPECT_EQ(name(error.executed()), row.executed) << row.name;
  }
}

#if __has_include(<curl/curl.h>)
TEST(Curl, NoCodeOfTheLibraryIsMissing) {
  for (int number = 1; number < CURL_LAST; ++number)
    EXPECT_NE(find_curl_code(CurlApi::easy, number), nullptr) << number;
  for (int number = 1; number < CURLUE_LAST; ++number)
    EXPECT_NE(find_curl_code(CurlApi::url, number), nullptr) << number;
  for (int number = -1; number < CURLM_LAST; ++number)
    EXPECT_EQ(find_curl_code(CurlApi::multi, number) == nullptr, number == 0) << number;
}

TEST(Curl, NamesHaveTheLibrarysNumbers) {
#define SAME(api, name) EXPECT_EQ(parse_curl_code(CurlApi::api, #name), static_cast<int>(name)) << #name
  SAME(easy, CURLE_OK);
  SAME(easy, CURLE_UNSUPPORTED_PROTOCOL);
  SAME(easy, CURLE_COULDNT_RESOLVE_HOST);
  SAME(easy, CURLE_HTTP2);
  SAME(easy, CURLE_OPERATION_TIMEDOUT);
  SAME(easy, CURLE_SSL_CONNECT_ERROR);
  SAME(easy, CURLE_TOO_MANY_REDIRECTS);
  SAME(easy, CURLE_GOT_NOTHING);
  SAME(easy, CURLE_RECV_ERROR);
  SAME(easy, CURLE_PEER_FAILED_VERIFICATION);
  SAME(easy, CURLE_BAD_CONTENT_ENCODING);
  SAME(easy, CURLE_SSL_PINNEDPUBKEYNOTMATCH);
  SAME(easy, CURLE_PROXY);
  SAME(easy, CURLE_UNRECOVERABLE_POLL);
  SAME(easy, CURLE_SSL_CACERT);
  SAME(easy, CURLE_OPERATION_TIMEOUTED);
  SAME(easy, CURLE_FTP_WRITE_ERROR);
  SAME(easy, CURLE_TFTP_DISKFULL);
  SAME(easy, CURLE_CONV_REQD);
  SAME(url, CURLUE_OK);
  SAME(url, CURLUE_BAD_HANDLE);
  SAME(url, CURLUE_UNSUPPORTED_SCHEME);
  SAME(url, CURLUE_NO_ZONEID);
  SAME(url, CURLUE_LACKS_IDN);
  SAME(multi, CURLM_CALL_MULTI_PERFORM);
  SAME(multi, CURLM_OK);
  SAME(multi, CURLM_WAKEUP_FAILURE);
  SAME(multi, CURLM_UNRECOVERABLE_POLL);
#undef SAME
}
#endif

TEST(Curl, NamesAreTakenWithAndWithoutPrefix) {
  for (const CurlApi api : {CurlApi::easy, CurlApi::url, CurlApi::multi}) {
    const std::string prefix = api == CurlApi::easy ? "CURLE_" : api == CurlApi::url ? "CURLUE_" : "CURLM_";
    for (const CurlCode& code : curl_codes(api)) {
      EXPECT_EQ(parse_curl_code(api, code.name), code.number);
      EXPECT_EQ(parse_curl_code(api, prefix + std::string(code.name)), code.number);
      EXPECT_EQ(find_curl_code(api, code.number), &code);
    }
  }
  EXPECT_EQ(parse_curl_code(CurlApi::easy, "CURLE_NO_SUCH_THING"), std::nullopt);
  EXPECT_EQ(parse_curl_code(CurlApi::easy, ""), std::nullopt);
}

TEST(Curl, TheUrlInterfaceSaysThatOurRequestIsWrong) {
  for (const CurlCode& code : curl_codes(CurlApi::url)) {
    const Error error = curl({.api = CurlApi::url, .code = code.number});
    EXPECT_EQ(name(class_of(error)), Fatal) << code.name;
    EXPECT_FALSE(error.can_retry()) << code.name;
    EXPECT_EQ(error.status_code(), 500) << code.name;
    EXPECT_FALSE(code.text.empty()) << code.name;
  }
  EXPECT_NE(find_curl_code(CurlApi::url, 10)->text.find("missing a scheme"), std::string_view::npos);
  EXPECT_NE(find_curl_code(CurlApi::url, 5)->text.find("unsupported scheme"), std::string_view::npos);
  EXPECT_EQ(parse_curl_code(CurlApi::url, "MISSING_SCHEME"), 10);
}

TEST(Curl, OfTheMultiInterfaceOnlyAFailedWakeupPasses) {
  for (const CurlCode& code : curl_codes(CurlApi::multi)) {
    const Error error = curl({.api = CurlApi::multi, .code = code.number});
    const bool wakeup = code.name == "WAKEUP_FAILURE";
    EXPECT_EQ(name(class_of(error)), wakeup ? Transport : Fatal) << code.name;
    EXPECT_EQ(error.can_retry(), wakeup) << code.name;
  }
}

TEST(Curl, ACodeOfTomorrowIsWorthAnotherTry) {
  const Error error = easy(4711);
  EXPECT_EQ(name(error.kind()), unmapped);
  EXPECT_TRUE(error.can_retry());
}

TEST(Curl, WhatTheKernelSaidRefinesABrokenConnection) {
  EXPECT_EQ(curl({.code = 7, .os_errno = ETIMEDOUT}).code(), Code::network_timeout);
  EXPECT_EQ(name(curl({.code = 7, .os_errno = ETIMEDOUT}).kind()), timeout);
  EXPECT_EQ(curl({.code = 7, .os_errno = ETIMEDOUT}).executed(), Executed::no);
  EXPECT_EQ(curl({.code = 7, .os_errno = EHOSTUNREACH}).code(), Code::network_unreachable);
  EXPECT_EQ(curl({.code = 7, .os_errno = ECONNREFUSED}).code(), Code::network_connection_failed);
  EXPECT_EQ(curl({.code = 7, .os_errno = EMFILE}).code(), Code::system_resource_exhausted);
  EXPECT_EQ(curl({.code = 56, .os_errno = ECONNRESET}).code(), Code::network_connection_failed);
  EXPECT_EQ(curl({.code = 56, .os_errno = EAGAIN}).code(), Code::network_connection_failed);
}

TEST(Curl, AHandshakeLastsOnlyWithEvidence) {
  const auto handshake = [](int code, std::string_view detail, long verified = 0) {
    return curl({.code = code, .ssl_verify_result = verified}, {.detail = detail});
  };
  for (const int code : {35, 96}) {
    EXPECT_TRUE(handshake(code, "").can_retry());
    EXPECT_TRUE(handshake(code, "Connection reset by peer in connection to h:443").can_retry());
    EXPECT_TRUE(handshake(code, "TLS connect error: tlsv1 alert internal error").can_retry());
    EXPECT_TRUE(handshake(code, "tlsv1 alert user cancelled").can_retry());
    EXPECT_TRUE(handshake(code, "error:0A000126:SSL routines::unexpected eof while reading").can_retry());
    for (const std::string_view lasting :
         {"sslv3 alert handshake failure", "error:1408F10B:SSL routines:ssl3_get_record:wrong version number",
          "error:0A00010B:SSL routines::wrong version number", "tlsv1 alert unknown ca",
          "SSL alert number 40", "unsupported protocol", "certificate verify failed"}) {
      const Error error = handshake(code, lasting);
      EXPECT_EQ(error.code(), Code::network_ssl_error) << lasting;
      EXPECT_FALSE(error.can_retry()) << lasting;
      EXPECT_EQ(name(class_of(error)), Fatal) << lasting;
    }
    EXPECT_EQ(handshake(code, "", 10).code(), Code::network_ssl_error);
    EXPECT_FALSE(handshake(code, "", 10).can_retry());
  }
}

TEST(Curl, ANameThatDoesNotExistIsNotAskedForAgain) {
  EXPECT_FALSE(easy(6, {.detail = "getaddrinfo: Name or service not known"}).can_retry());
  EXPECT_FALSE(easy(6, {.detail = "NXDOMAIN"}).can_retry());
  EXPECT_TRUE(easy(6, {.detail = "NXDOMAIN", .resolved_before = true}).can_retry());
  EXPECT_TRUE(easy(6, {.detail = "Temporary failure in name resolution"}).can_retry());
}

TEST(Curl, AProxyThatWantsToKnowWhoWeAreIsOurMistake) {
  const Error unknown = curl({.code = 56, .connect_code = 407});
  EXPECT_EQ(name(class_of(unknown)), Fatal);
  EXPECT_EQ(unknown.executed(), Executed::no);
  const Error down = curl({.code = 56, .connect_code = 502});
  EXPECT_EQ(down.code(), Code::network_unreachable);
  EXPECT_TRUE(down.can_retry());
  EXPECT_EQ(name(class_of(easy(97, {.detail = "User was rejected by the SOCKS5 server"}))), Fatal);
  EXPECT_EQ(name(class_of(easy(97, {.detail = "CURLPX_NO_AUTH"}))), Fatal);
  EXPECT_EQ(easy(97, {.detail = "CURLPX_GENERAL_SERVER_FAILURE"}).code(), Code::network_unreachable);
}

TEST(Curl, AFailingStatusIsTheRepliesWhereverItIsFound) {
  EXPECT_EQ(curl({.code = 22, .status = 503}).status_code(), 503);
  EXPECT_EQ(easy(22, {.detail = "The requested URL returned error: 404"}).status_code(), 404);
  EXPECT_EQ(easy(22, {.detail = "The requested URL returned error: "}).status_code(), std::nullopt);
}

TEST(Curl, WhoEndedItStandsAboveTheCode) {
  EXPECT_EQ(easy(42, {.aborted_by = AbortedBy::client}).code(), Code::proto_cancelled);
  EXPECT_EQ(name(easy(42, {.aborted_by = AbortedBy::deadline}).kind()), timeout);
  EXPECT_EQ(easy(23, {.aborted_by = AbortedBy::limit}).code(), Code::limit_result_too_large);
  EXPECT_FALSE(easy(23, {.aborted_by = AbortedBy::limit}).can_retry());
}

}  // namespace
}  // namespace sallyport::classify
