// Failed TLS handshakes as one of our errors: what a repetition can mend, and what it cannot.
#pragma once

#include "classify/classify.hpp"

#include <optional>
#include <string_view>

namespace sallyport::classify {

struct TlsFailure {
  long verify_result = 0;   // SSL_get_verify_result: X509_V_OK or why the certificate is not trusted
  unsigned long error = 0;  // ERR_get_error, packed as OpenSSL 3 packs it; 0: the transport below ended
};

// The alert that the peer sent, if that is what the packed error says.
std::optional<int> tls_alert(unsigned long error) noexcept;

Verdict tls_verdict(const TlsFailure& failure) noexcept;

// "X509_V_ERR_CERT_HAS_EXPIRED"; empty for a number that is none.
std::string_view verify_name(long verify_result) noexcept;
std::optional<long> parse_verify_name(std::string_view name) noexcept;

Error from_tls(const TlsFailure& failure, const Context& context);

}  // namespace sallyport::classify
