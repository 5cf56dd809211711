#include "classify/tls_text.hpp"

#include <array>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

namespace sallyport::classify {
namespace {

bool passes(const TlsFailure& failure) {
  return tls_verdict(failure).can_retry;
}

// Every `#define SSL_R_… number` of the header that this machine's OpenSSL came with.
TEST(TlsText, KnowsEveryReasonOfTheLibrary) {
  std::ifstream header("/usr/include/openssl/sslerr.h");
  ASSERT_TRUE(header) << "libssl-dev";
  int reasons = 0;
  for (std::string line; std::getline(header, line);) {
    const std::size_t at = line.find("define SSL_R_");
    if (at == std::string::npos) continue;
    const std::string_view rest = std::string_view(line).substr(at + 13);
    const std::string_view name = rest.substr(0, rest.find(' '));
    const int number = std::stoi(std::string(rest.substr(name.size())));
    EXPECT_EQ(parse_tls_reason(name), number) << name;
    EXPECT_EQ(parse_tls_failure("SSL_R_" + std::string(name))->error, tls_failure(number).error) << name;
    ++reasons;
  }
  EXPECT_GT(reasons, 300);
}

TEST(TlsText, KnowsEveryAlert) {
#define SAME(name) EXPECT_EQ(parse_tls_alert(#name), SSL_AD_##name)
  SAME(CLOSE_NOTIFY);
  SAME(UNEXPECTED_MESSAGE);
  SAME(BAD_RECORD_MAC);
  SAME(DECRYPTION_FAILED);
  SAME(RECORD_OVERFLOW);
  SAME(DECOMPRESSION_FAILURE);
  SAME(HANDSHAKE_FAILURE);
  SAME(NO_CERTIFICATE);
  SAME(BAD_CERTIFICATE);
  SAME(UNSUPPORTED_CERTIFICATE);
  SAME(CERTIFICATE_REVOKED);
  SAME(CERTIFICATE_EXPIRED);
  SAME(CERTIFICATE_UNKNOWN);
  SAME(ILLEGAL_PARAMETER);
  SAME(UNKNOWN_CA);
  SAME(ACCESS_DENIED);
  SAME(DECODE_ERROR);
  SAME(DECRYPT_ERROR);
  SAME(EXPORT_RESTRICTION);
  SAME(PROTOCOL_VERSION);
  SAME(INSUFFICIENT_SECURITY);
  SAME(INTERNAL_ERROR);
  SAME(INAPPROPRIATE_FALLBACK);
  SAME(USER_CANCELLED);
  SAME(NO_RENEGOTIATION);
  SAME(MISSING_EXTENSION);
  SAME(UNSUPPORTED_EXTENSION);
  SAME(CERTIFICATE_UNOBTAINABLE);
  SAME(UNRECOGNIZED_NAME);
  SAME(BAD_CERTIFICATE_STATUS_RESPONSE);
  SAME(BAD_CERTIFICATE_HASH_VALUE);
  SAME(UNKNOWN_PSK_IDENTITY);
  SAME(CERTIFICATE_REQUIRED);
  SAME(NO_APPLICATION_PROTOCOL);
#undef SAME
}

TEST(TlsText, OnlyAnEndedTransportAndTwoAlertsPass) {
  for (int alert = 0; alert < 256; ++alert)
    EXPECT_EQ(passes(tls_failure(1000 + alert)), alert == 80 || alert == 90) << alert;
  for (const std::string_view name :
       {"SSL_R_UNEXPECTED_EOF_WHILE_READING", "unexpected eof while reading", "SSL_ERROR_SYSCALL",
        "SSL_ERROR_ZERO_RETURN", "SYSCALL", "SSL_AD_INTERNAL_ERROR", "SSL_R_TLSV1_ALERT_USER_CANCELLED"}) {
    const auto failure = parse_tls_failure(name);
    ASSERT_TRUE(failure) << name;
    EXPECT_TRUE(passes(*failure)) << name;
  }
  for (const std::string_view name :
       {"X509_V_ERR_CERT_HAS_EXPIRED", "CERT_HAS_EXPIRED", "certificate verify failed", "unknown ca",
        "hostname mismatch", "X509_V_ERR_CERT_REVOKED", "SSL_R_WRONG_VERSION_NUMBER", "wrong version number",
        "http request", "handshake failure", "SSL_ERROR_SSL", "SSL_AD_CLOSE_NOTIFY",
        "error:0A000086:SSL routines::certificate verify failed"}) {
    const auto failure = parse_tls_failure(name);
    ASSERT_TRUE(failure) << name;
    EXPECT_FALSE(passes(*failure)) << name;
    EXPECT_EQ(tls_verdict(*failure).failure, FailureClass::tls) << name;
  }
  EXPECT_FALSE(parse_tls_failure("no such thing"));
  EXPECT_FALSE(parse_tls_failure(""));
}

TEST(TlsText, NumbersAreToldApartByTheirSize) {
  EXPECT_EQ(tls_failure(10).verify_result, X509_V_ERR_CERT_HAS_EXPIRED);
  EXPECT_EQ(tls_failure(10).error, 0U);
  EXPECT_EQ(tls_alert(tls_failure(1048).error), 48);
  EXPECT_EQ(tls_failure(0x0A000086).error, 0x0A000086U);
  EXPECT_EQ(tls_failure(-1).error, 0xFFFFFFFFU);
}

TEST(TlsText, ASentenceWithoutEvidenceProvesNothing) {
  for (const std::string_view text : {"", "connection reset by peer", "an alert came", "error:zzzz"})
    EXPECT_FALSE(tls_text_verdict(text)) << text;
}

}  // namespace
}  // namespace sallyport::classify
