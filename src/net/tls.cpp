#include "net/tls.hpp"

#include "classify/tls.hpp"
#include "net/tls_stream.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace sallyport::net {

struct TlsTrust::Impl {
  SslContext context{SSL_CTX_new(TLS_client_method())};
};

TlsTrust::TlsTrust(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsTrust::~TlsTrust() = default;

Result<std::shared_ptr<TlsTrust>> TlsTrust::load(const std::string& ca) {
  auto impl = std::make_unique<Impl>();
  SSL_CTX* context = impl->context.get();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  ERR_clear_error();
  const int read =
      ca.empty() ? SSL_CTX_set_default_verify_paths(context) : SSL_CTX_load_verify_file(context, ca.c_str());
  if (read != 1) {
    const char* reason = ERR_reason_error_string(ERR_get_error());
    return fail(
        Error(Code::config_invalid)
            .with_executed(Executed::no)
            .with_phase(Phase::tls)
            .with_developer_message("cannot read the certificates of " + ca + ": " + (reason ? reason : "")));
  }
  return std::shared_ptr<TlsTrust>(new TlsTrust(std::move(impl)));
}

namespace {

bool is_address(const std::string& host) {
  unsigned char buffer[sizeof(in6_addr)];
  return ::inet_pton(AF_INET, host.c_str(), buffer) == 1 || ::inet_pton(AF_INET6, host.c_str(), buffer) == 1;
}

// RFC 6066 section 3: SNI is for names only.
bool expect(SSL* session, const std::string& host) {
  X509_VERIFY_PARAM* expected = SSL_get0_param(session);
  if (is_address(host)) return X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1;
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return X509_VERIFY_PARAM_set1_host(expected, host.data(), host.size()) == 1 &&
         SSL_set_tlsext_host_name(session, host.c_str()) == 1;
}

}  // namespace

Task<std::unique_ptr<Stream>> tls_connect(task::Loop& loop, std::unique_ptr<Stream> below, std::string host,
                                          std::shared_ptr<TlsTrust> trust) {
  SslSession session(SSL_new(trust->impl().context.get()));
  SSL_set_connect_state(session.get());
  if (!expect(session.get(), host)) {
    co_return Failure(Error(Code::config_invalid)
                          .with_executed(Executed::no)
                          .with_phase(Phase::tls)
                          .with_developer_message("no certificate can be valid for this host name"));
  }
  auto stream = std::make_unique<TlsStream>(loop, std::move(below), std::move(session));
  const Result<void> done = co_await stream->handshake();
  if (done) co_return std::move(stream);
  const TlsStream::Refusal& refusal = stream->refusal();
  if (refusal.error == 0) co_return Failure(done.error());
  const char* reason = ERR_reason_error_string(refusal.error);
  classify::Context context;
  context.phase = Phase::tls;
  context.executed = Executed::no;
  context.detail = reason ? reason : "";
  co_return Failure(
      classify::from_tls({.verify_result = refusal.verify_result, .error = refusal.error}, context));
}

}  // namespace sallyport::net
