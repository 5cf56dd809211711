#include "classify/tls.hpp"

#include <array>
#include <cerrno>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

namespace sallyport::classify {
namespace {

unsigned long ssl_error(int reason) {
  return ERR_PACK(ERR_LIB_SSL, 0, reason);
}

void expect_fatal(const Error& error, std::string_view what) {
  EXPECT_EQ(error.code(), Code::network_ssl_error) << what;
  EXPECT_EQ(error.kind(), Kind::tool_runtime_fatal) << what;
  EXPECT_FALSE(error.can_retry()) << what;
  EXPECT_EQ(error.executed(), Executed::no) << what;
  EXPECT_EQ(error.status_code(), 500) << what;
}

void expect_retryable(const Error& error, std::string_view what) {
  EXPECT_EQ(error.code(), Code::network_connection_failed) << what;
  EXPECT_EQ(error.kind(), Kind::network_transport_runtime_unreachable) << what;
  EXPECT_TRUE(error.can_retry()) << what;
  EXPECT_EQ(error.executed(), Executed::no) << what;
  EXPECT_EQ(error.phase(), Phase::tls) << what;
}

TEST(Tls, NoCertificateThatIsNotTrustedIsTriedAgain) {
  std::set<std::string_view> names;
  for (long result = 1; result <= X509_V_ERR_EC_KEY_EXPLICIT_PARAMS; ++result) {
    const std::string_view name = verify_name(result);
    names.insert(name);
    EXPECT_TRUE(name.starts_with("X509_V_ERR_")) << result;
    EXPECT_EQ(parse_verify_name(name), result) << name;
    const Error error =
        from_tls({.verify_result = result, .error = ssl_error(SSL_R_CERTIFICATE_VERIFY_FAILED)}, {});
    expect_fatal(error, name);
    EXPECT_EQ(std::get<std::string>(error.extras()[0].value), name);
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(X509_V_ERR_EC_KEY_EXPLICIT_PARAMS));
  expect_fatal(from_tls({.verify_result = 4711}, {}), "a result of a newer OpenSSL");
}

TEST(Tls, VerifyNamesAreThoseOfOpenSsl) {
  EXPECT_EQ(verify_name(X509_V_OK), "X509_V_OK");
  EXPECT_EQ(verify_name(X509_V_ERR_CERT_HAS_EXPIRED), "X509_V_ERR_CERT_HAS_EXPIRED");
  EXPECT_EQ(verify_name(X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT), "X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT");
  EXPECT_EQ(verify_name(X509_V_ERR_CERT_REVOKED), "X509_V_ERR_CERT_REVOKED");
  EXPECT_EQ(verify_name(X509_V_ERR_HOSTNAME_MISMATCH), "X509_V_ERR_HOSTNAME_MISMATCH");
  EXPECT_EQ(verify_name(X509_V_ERR_EC_KEY_EXPLICIT_PARAMS), "X509_V_ERR_EC_KEY_EXPLICIT_PARAMS");
  EXPECT_EQ(verify_name(-1), "");
  EXPECT_EQ(verify_name(95), "");
  EXPECT_EQ(parse_verify_name("ERR_CERT_HAS_EXPIRED"), X509_V_ERR_CERT_HAS_EXPIRED);
  EXPECT_EQ(parse_verify_name("CERT_HAS_EXPIRED"), std::nullopt);
  EXPECT_EQ(parse_verify_name(""), std::nullopt);
}

TEST(Tls, OfAllAlertsTwoAreTriedAgain) {
  for (int alert = 0; alert <= 255; ++alert) {
    const unsigned long packed = ssl_error(SSL_AD_REASON_OFFSET + alert);
    EXPECT_EQ(tls_alert(packed), alert);
    const Error error = from_tls({.error = packed}, {});
    const std::string what = "alert " + std::to_string(alert);
    if (alert == SSL_AD_INTERNAL_ERROR || alert == SSL_AD_USER_CANCELLED) {
      expect_retryable(error, what);
    } else {
      expect_fatal(error, what);
    }
  }
  EXPECT_EQ(tls_alert(ERR_PACK(ERR_LIB_X509, 0, 1080)), std::nullopt);
  EXPECT_EQ(tls_alert(ssl_error(999)), std::nullopt);
  EXPECT_EQ(tls_alert(ssl_error(1256)), std::nullopt);
}

TEST(Tls, ATransportThatEndedIsTriedAgain) {
  expect_retryable(from_tls({}, {}), "end of file");
  expect_retryable(from_tls({.error = ssl_error(SSL_R_UNEXPECTED_EOF_WHILE_READING)}, {}), "unexpected eof");
  const auto system = [](int number) {
    return static_cast<unsigned long>(ERR_SYSTEM_FLAG) | static_cast<unsigned long>(number);
  };
  expect_retryable(from_tls({.error = system(ECONNRESET)}, {}), "reset");
  const Error timeout = from_tls({.error = system(ETIMEDOUT)}, {});
  EXPECT_EQ(timeout.code(), Code::network_timeout);
  EXPECT_TRUE(timeout.can_retry());
  EXPECT_EQ(timeout.executed(), Executed::no);
}

TEST(Tls, EverythingElseIsNot) {
  for (const int reason :
       {SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST, SSL_R_UNSUPPORTED_PROTOCOL,
        SSL_R_NO_SHARED_CIPHER, SSL_R_CERTIFICATE_VERIFY_FAILED, SSL_R_NO_PROTOCOLS_AVAILABLE,
        SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC}) {
    expect_fatal(from_tls({.error = ssl_error(reason)}, {}), std::to_string(reason));
  }
  expect_fatal(from_tls({.error = ERR_PACK(ERR_LIB_X509, 0, 294)}, {}),
               "the number of an EOF in another library");
}

}  // namespace
}  // namespace sallyport::classify
