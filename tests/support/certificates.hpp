// Certificates made in a test, and files of them.
#pragma once

#include "net/openssl.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

namespace sallyport::testing {

inline constexpr long day = 24 * 60 * 60;

inline void extend(X509* certificate, int what, const char* value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, what, value);
  ASSERT_NE(extension, nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

struct Identity {
  net::SslKey key{EVP_EC_gen("P-256")};
  net::SslCertificate certificate{X509_new()};

  std::string certificate_pem() const {
    return written([&](std::FILE* out) { return PEM_write_X509(out, certificate.get()); });
  }
  std::string key_pem(const char* passphrase = nullptr) const {
    return written([&](std::FILE* out) {
      return PEM_write_PrivateKey(out, key.get(), passphrase ? EVP_aes_128_cbc() : nullptr, nullptr, 0,
                                  nullptr, const_cast<char*>(passphrase));
    });
  }

 private:
  template <class Write>
  static std::string written(Write write) {
    char* text = nullptr;
    std::size_t size = 0;
    std::FILE* out = ::open_memstream(&text, &size);
    EXPECT_EQ(write(out), 1);
    std::fclose(out);
    std::string copy(text, size);
    std::free(text);
    return copy;
  }
};

// Signed by itself, or by `issuer`.
inline Identity make_identity(const char* name, const Identity* issuer,
                              const char* subject_alternative = nullptr, long valid_until = day) {
  static long serial = 1;
  Identity made;
  X509* certificate = made.certificate.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -2 * day);
  X509_gmtime_adj(X509_getm_notAfter(certificate), valid_until);
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name), -1,
                             -1, 0);
  X509_set_issuer_name(certificate, issuer ? X509_get_subject_name(issuer->certificate.get()) : subject);
  if (!issuer) extend(certificate, NID_basic_constraints, "critical,CA:TRUE");
  if (subject_alternative) extend(certificate, NID_subject_alt_name, subject_alternative);
  X509_sign(certificate, issuer ? issuer->key.get() : made.key.get(), EVP_sha256());
  return made;
}

// A file that is gone with the object.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view text) {
    path_ = std::filesystem::temp_directory_path() / "sallyport-test-XXXXXX";
    ::close(::mkstemp(path_.data()));
    write(text);
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void write(std::string_view text) const { std::ofstream(path_, std::ios::trunc) << text; }
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

// The file of one trusted certificate.
class CaFile : public TemporaryFile {
 public:
  explicit CaFile(const Identity& ca) : TemporaryFile(ca.certificate_pem()) {}
};

}  // namespace sallyport::testing
