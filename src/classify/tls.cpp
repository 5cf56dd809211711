#include "classify/tls.hpp"

#include "classify/errno.hpp"

#include <array>
#include <cstddef>
#include <string>

namespace sallyport::classify {
namespace {

// By number, as <openssl/x509_vfy.h> of OpenSSL 3 has them; all begin with X509_V_.
constexpr auto verify_names = std::to_array<std::string_view>({
    "X509_V_OK",
    "X509_V_ERR_UNSPECIFIED",
    "X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT",
    "X509_V_ERR_UNABLE_TO_GET_CRL",
    "X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE",
    "X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE",
    "X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY",
    "X509_V_ERR_CERT_SIGNATURE_FAILURE",
    "X509_V_ERR_CRL_SIGNATURE_FAILURE",
    "X509_V_ERR_CERT_NOT_YET_VALID",
    "X509_V_ERR_CERT_HAS_EXPIRED",
    "X509_V_ERR_CRL_NOT_YET_VALID",
    "X509_V_ERR_CRL_HAS_EXPIRED",
    "X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD",
    "X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD",
    "X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD",
    "X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD",
    "X509_V_ERR_OUT_OF_MEM",
    "X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT",
    "X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN",
    "X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "X509_V_ERR_CERT_CHAIN_TOO_LONG",
    "X509_V_ERR_CERT_REVOKED",
    "X509_V_ERR_NO_ISSUER_PUBLIC_KEY",
    "X509_V_ERR_PATH_LENGTH_EXCEEDED",
    "X509_V_ERR_INVALID_PURPOSE",
    "X509_V_ERR_CERT_UNTRUSTED",
    "X509_V_ERR_CERT_REJECTED",
    "X509_V_ERR_SUBJECT_ISSUER_MISMATCH",
    "X509_V_ERR_AKID_SKID_MISMATCH",
    "X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH",
    "X509_V_ERR_KEYUSAGE_NO_CERTSIGN",
    "X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER",
    "X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION",
    "X509_V_ERR_KEYUSAGE_NO_CRL_SIGN",
    "X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION",
    "X509_V_ERR_INVALID_NON_CA",
    "X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED",
    "X509_V_ERR_KEYUSAGE_NO_DIGITAL_SIGNATURE",
    "X509_V_ERR_PROXY_CERTIFICATES_NOT_ALLOWED",
    "X509_V_ERR_INVALID_EXTENSION",
    "X509_V_ERR_INVALID_POLICY_EXTENSION",
    "X509_V_ERR_NO_EXPLICIT_POLICY",
    "X509_V_ERR_DIFFERENT_CRL_SCOPE",
    "X509_V_ERR_UNSUPPORTED_EXTENSION_FEATURE",
    "X509_V_ERR_UNNESTED_RESOURCE",
    "X509_V_ERR_PERMITTED_VIOLATION",
    "X509_V_ERR_EXCLUDED_VIOLATION",
    "X509_V_ERR_SUBTREE_MINMAX",
    "X509_V_ERR_APPLICATION_VERIFICATION",
    "X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE",
    "X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX",
    "X509_V_ERR_UNSUPPORTED_NAME_SYNTAX",
    "X509_V_ERR_CRL_PATH_VALIDATION_ERROR",
    "X509_V_ERR_PATH_LOOP",
    "X509_V_ERR_SUITE_B_INVALID_VERSION",
    "X509_V_ERR_SUITE_B_INVALID_ALGORITHM",
    "X509_V_ERR_SUITE_B_INVALID_CURVE",
    "X509_V_ERR_SUITE_B_INVALID_SIGNATURE_ALGORITHM",
    "X509_V_ERR_SUITE_B_LOS_NOT_ALLOWED",
    "X509_V_ERR_SUITE_B_CANNOT_SIGN_P_384_WITH_P_256",
    "X509_V_ERR_HOSTNAME_MISMATCH",
    "X509_V_ERR_EMAIL_MISMATCH",
    "X509_V_ERR_IP_ADDRESS_MISMATCH",
    "X509_V_ERR_DANE_NO_MATCH",
    "X509_V_ERR_EE_KEY_TOO_SMALL",
    "X509_V_ERR_CA_KEY_TOO_SMALL",
    "X509_V_ERR_CA_MD_TOO_WEAK",
    "X509_V_ERR_INVALID_CALL",
    "X509_V_ERR_STORE_LOOKUP",
    "X509_V_ERR_NO_VALID_SCTS",
    "X509_V_ERR_PROXY_SUBJECT_NAME_VIOLATION",
    "X509_V_ERR_OCSP_VERIFY_NEEDED",
    "X509_V_ERR_OCSP_VERIFY_FAILED",
    "X509_V_ERR_OCSP_CERT_UNKNOWN",
    "X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM",
    "X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH",
    "X509_V_ERR_SIGNATURE_ALGORITHM_INCONSISTENCY",
    "X509_V_ERR_INVALID_CA",
    "X509_V_ERR_PATHLEN_INVALID_FOR_NON_CA",
    "X509_V_ERR_PATHLEN_WITHOUT_KU_KEY_CERT_SIGN",
    "X509_V_ERR_KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA",
    "X509_V_ERR_ISSUER_NAME_EMPTY",
    "X509_V_ERR_SUBJECT_NAME_EMPTY",
    "X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER",
    "X509_V_ERR_MISSING_SUBJECT_KEY_IDENTIFIER",
    "X509_V_ERR_EMPTY_SUBJECT_ALT_NAME",
    "X509_V_ERR_EMPTY_SUBJECT_SAN_NOT_CRITICAL",
    "X509_V_ERR_CA_BCONS_NOT_CRITICAL",
    "X509_V_ERR_AUTHORITY_KEY_IDENTIFIER_CRITICAL",
    "X509_V_ERR_SUBJECT_KEY_IDENTIFIER_CRITICAL",
    "X509_V_ERR_CA_CERT_MISSING_KEY_USAGE",
    "X509_V_ERR_EXTENSIONS_REQUIRE_VERSION_3",
    "X509_V_ERR_EC_KEY_EXPLICIT_PARAMS",
});
constexpr std::string_view verify_prefix = "X509_V_";

// How OpenSSL 3 packs an error: a flag for errno, else the library and its reason.
constexpr unsigned long system_flag = 1ul << 31;
constexpr unsigned long reason_mask = 0x7FFFFF;
constexpr unsigned library_shift = 23;
constexpr unsigned long library_mask = 0xFF;
constexpr unsigned long ssl_library = 20;
constexpr unsigned long unexpected_eof_while_reading = 294;
constexpr unsigned long alert_offset = 1000;

constexpr int alert_internal_error = 80;
constexpr int alert_user_canceled = 90;

constexpr bool is_ssl(unsigned long error) noexcept {
  return (error & system_flag) == 0 && ((error >> library_shift) & library_mask) == ssl_library;
}

Verdict transport_ended() noexcept {
  Verdict ended = verdict_for(FailureClass::connection);
  ended.phase = Phase::tls;
  return ended;
}

std::string error_type(const TlsFailure& failure) {
  if (failure.verify_result != 0) {
    const std::string_view name = verify_name(failure.verify_result);
    return name.empty() ? "certificate_verify_failed" : std::string(name);
  }
  if (const auto alert = tls_alert(failure.error)) return "alert_" + std::to_string(*alert);
  return failure.error == 0 ? "handshake_ended" : "handshake_failed";
}

}  // namespace

std::optional<int> tls_alert(unsigned long error) noexcept {
  const unsigned long reason = error & reason_mask;
  if (!is_ssl(error) || reason < alert_offset || reason > alert_offset + 255) return std::nullopt;
  return static_cast<int>(reason - alert_offset);
}

Verdict tls_verdict(const TlsFailure& failure) noexcept {
  if (failure.verify_result != 0) return verdict_for(FailureClass::tls);
  if (failure.error == 0) return transport_ended();
  if ((failure.error & system_flag) != 0) {
    Verdict verdict =
        errno_verdict(static_cast<int>(failure.error & (system_flag - 1))).value_or(transport_ended());
    verdict.phase = Phase::tls;
    return verdict;
  }
  if (is_ssl(failure.error) && (failure.error & reason_mask) == unexpected_eof_while_reading) {
    return transport_ended();
  }
  const std::optional<int> alert = tls_alert(failure.error);
  if (alert == alert_internal_error || alert == alert_user_canceled) return transport_ended();
  return verdict_for(FailureClass::tls);
}

std::string_view verify_name(long verify_result) noexcept {
  if (verify_result < 0 || static_cast<std::size_t>(verify_result) >= verify_names.size()) return {};
  return verify_names[static_cast<std::size_t>(verify_result)];
}

std::optional<long> parse_verify_name(std::string_view name) noexcept {
  if (name.starts_with(verify_prefix)) name.remove_prefix(verify_prefix.size());
  for (std::size_t i = 0; i < verify_names.size(); ++i) {
    if (verify_names[i].substr(verify_prefix.size()) == name) return static_cast<long>(i);
  }
  return std::nullopt;
}

Error from_tls(const TlsFailure& failure, const Context& context) {
  return make_error(tls_verdict(failure), context, error_type(failure));
}

}  // namespace sallyport::classify
