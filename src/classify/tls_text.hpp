// OpenSSL's failures as people and other programs write them: by name, by number, or within a sentence.
#pragma once

#include "classify/tls.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport::classify {

// The number of an SSL_R_… reason, by its name without that prefix.
std::optional<int> parse_tls_reason(std::string_view name) noexcept;

// The number of an alert, by its name in capitals: "UNKNOWN_CA".
std::optional<int> parse_tls_alert(std::string_view name) noexcept;

// Below 100 a result of the certificate's verification, below 2^23 a reason of the SSL library, else a packed
// error. 0 is no failure.
TlsFailure tls_failure(std::int64_t number) noexcept;

// X509_V_ERR_…, SSL_R_…, SSL_AD_… and SSL_ERROR_…, with or without the prefix, in any case and with spaces
// for underscores; "error:0A000086:…" too. Nothing for a name that OpenSSL does not have.
std::optional<TlsFailure> parse_tls_failure(std::string_view text);

// What a sentence that tells of a failed handshake proves; nothing: nothing.
std::optional<Verdict> tls_text_verdict(std::string_view text);

}  // namespace sallyport::classify
