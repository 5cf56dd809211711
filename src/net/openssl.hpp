// OpenSSL's objects with owners.
#pragma once

#include <memory>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace sallyport::net {

template <auto release>
struct OpensslRelease {
  void operator()(auto* object) const noexcept { (void)release(object); }
};

using SslContext = std::unique_ptr<SSL_CTX, OpensslRelease<SSL_CTX_free>>;
using SslSession = std::unique_ptr<SSL, OpensslRelease<SSL_free>>;
using SslBio = std::unique_ptr<BIO, OpensslRelease<BIO_free>>;
using SslKey = std::unique_ptr<EVP_PKEY, OpensslRelease<EVP_PKEY_free>>;
using SslCertificate = std::unique_ptr<X509, OpensslRelease<X509_free>>;

}  // namespace sallyport::net
