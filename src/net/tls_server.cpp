#include "net/tls_server.hpp"

#include "base/strings.hpp"
#include "base/unique_fd.hpp"
#include "classify/classify.hpp"
#include "net/tls_stream.hpp"

#include <array>
#include <cerrno>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport::net {
namespace {

using File = TlsProblem::File;
template <class T>
using OrProblem = std::expected<T, TlsProblem>;

constexpr std::size_t max_file = 1024 * 1024;
constexpr std::size_t max_chain = 16;
constexpr std::size_t plain_discarded = 64 * 1024;
constexpr unsigned char session_context[] = "sallyport";
// What TLS 1.2 may use; 1.3 knows no bad ones.
constexpr const char* ciphers_1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20";

std::unexpected<TlsProblem> problem(File file, std::string what, std::string why, std::string instead) {
  ERR_clear_error();
  return std::unexpected(TlsProblem{file, std::move(what), std::move(why), std::move(instead)});
}

std::string openssl_reason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason ? reason : "OpenSSL does not say why";
}

struct FileText {
  std::string text;
  bool others_read = false;
};

OrProblem<FileText> read_file(File file, const std::string& path) {
  const auto unreadable = [&] {
    return problem(file, "cannot read " + path, std::generic_category().message(errno),
                   "check the path and who may read it");
  };
  const UniqueFd in(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!in) return unreadable();
  FileText read;
  struct stat facts{};
  if (::fstat(in.get(), &facts) == 0) read.others_read = (facts.st_mode & (S_IROTH | S_IWOTH)) != 0;
  std::array<char, 16 * 1024> buffer{};
  for (ssize_t n = 0; read.text.size() <= max_file;) {
    n = ::read(in.get(), buffer.data(), buffer.size());
    if (n < 0) return unreadable();
    if (n == 0) return read;
    read.text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  return problem(file, path + " is larger than 1 MiB", "no certificate or key is", "check the path");
}

SslBio over(std::string_view text) {
  return SslBio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

OrProblem<std::vector<SslCertificate>> read_certificates(File file, const std::string& path,
                                                         std::string_view text) {
  std::vector<SslCertificate> found;
  const SslBio in = over(text);
  ERR_clear_error();
  while (X509* one = PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)) {
    found.emplace_back(one);
    if (found.size() > max_chain * 16)
      return problem(file, path + " holds too many certificates", "at most 256 are read", "shorten it");
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!at_end)
    return problem(file, path + " holds a certificate that cannot be read", openssl_reason(),
                   "write the certificate again, in PEM form");
  ERR_clear_error();
  if (found.empty())
    return problem(file, path + " holds no certificate",
                   "one in PEM form begins with `-----BEGIN CERTIFICATE-----`", "check the path");
  return found;
}

OrProblem<SslKey> read_key(const std::string& path, std::string_view text) {
  bool asked = false;
  const SslBio in = over(text);
  ERR_clear_error();
  // Nobody is there to type a passphrase.
  SslKey key(PEM_read_bio_PrivateKey(
      in.get(), nullptr,
      [](char*, int, int, void* was_asked) {
        *static_cast<bool*>(was_asked) = true;
        return -1;
      },
      &asked));
  if (key) return key;
  if (asked)
    return problem(
        File::key, path + " is encrypted with a passphrase", "nobody is there to type it at a start",
        "decrypt it with `openssl pkey -in " + path + "`, into a file that only the gateway reads");
  if (text.find("PRIVATE KEY-----") == std::string_view::npos)
    return problem(File::key, path + " holds no private key",
                   "one in PEM form begins with `-----BEGIN PRIVATE KEY-----`", "check the path");
  return problem(File::key, path + " holds a private key that cannot be read", openssl_reason(),
                 "write the key again, in PEM form");
}

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                    unsigned int size, void*) {
  static constexpr unsigned char ours[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, out_size, ours, sizeof ours - 1, offered, size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void set_rules(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, ciphers_1_2);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  // Sessions live in tickets that clients keep: none is held here.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_session_id_context(context, session_context, sizeof session_context - 1);
}

SystemTime time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

}  // namespace

struct TlsIdentity::Impl {
  SslContext context{SSL_CTX_new(TLS_server_method())};
  std::string client_ca;  // its text: other authorities let in other clients
  SystemTime valid_from;
  SystemTime valid_until;
  bool key_readable_by_others = false;

  OrProblem<void> use_certificate(const TlsFiles& files);
  OrProblem<void> use_key(const TlsFiles& files);
  OrProblem<void> use_client_ca(const TlsFiles& files);
  void keep_tickets(const Impl& previous);
};

OrProblem<void> TlsIdentity::Impl::use_certificate(const TlsFiles& files) {
  const auto file = read_file(File::cert, files.cert);
  if (!file) return std::unexpected(file.error());
  auto chain = read_certificates(File::cert, files.cert, file->text);
  if (!chain) return std::unexpected(chain.error());
  if (chain->size() > max_chain)
    return problem(File::cert, files.cert + " holds more than 16 certificates", "no chain is as long",
                   "write the certificate of this gateway first, then those between it and the root");
  ERR_clear_error();
  for (std::size_t i = 0; i < chain->size(); ++i) {
    X509* one = (*chain)[i].get();
    const int used = i == 0 ? SSL_CTX_use_certificate(context.get(), one)
                            : static_cast<int>(SSL_CTX_add1_chain_cert(context.get(), one));
    if (used != 1)
      return problem(File::cert, files.cert + " holds a certificate that may not be used", openssl_reason(),
                     "have one issued with a key of 2048 bits (RSA) or 256 bits (EC) or more, and SHA-256");
  }
  valid_from = time_of(X509_get0_notBefore(chain->front().get()));
  valid_until = time_of(X509_get0_notAfter(chain->front().get()));
  return {};
}

OrProblem<void> TlsIdentity::Impl::use_key(const TlsFiles& files) {
  const auto file = read_file(File::key, files.key);
  if (!file) return std::unexpected(file.error());
  const auto key = read_key(files.key, file->text);
  if (!key) return std::unexpected(key.error());
  key_readable_by_others = file->others_read;
  // Compared by hand: using a key of another kind silently puts the certificate aside.
  if (X509_check_private_key(SSL_CTX_get0_certificate(context.get()), key->get()) != 1)
    return problem(File::key, files.key + " does not belong to the certificate in " + files.cert,
                   "they were not made together", "write the key that this certificate was made with");
  if (SSL_CTX_use_PrivateKey(context.get(), key->get()) != 1)
    return problem(File::key, files.key + " holds a key that may not be used", openssl_reason(),
                   "make a new key and have a certificate issued for it");
  return {};
}

OrProblem<void> TlsIdentity::Impl::use_client_ca(const TlsFiles& files) {
  if (files.client_ca.empty()) return {};
  auto file = read_file(File::client_ca, files.client_ca);
  if (!file) return std::unexpected(file.error());
  const auto authorities = read_certificates(File::client_ca, files.client_ca, file->text);
  if (!authorities) return std::unexpected(authorities.error());
  X509_STORE* store = SSL_CTX_get_cert_store(context.get());
  for (const SslCertificate& one : *authorities) {
    if (X509_STORE_add_cert(store, one.get()) != 1 || SSL_CTX_add_client_CA(context.get(), one.get()) != 1)
      return problem(File::client_ca, files.client_ca + " holds a certificate that may not be used",
                     openssl_reason(), "write the certificates of the authorities, in PEM form");
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  client_ca = std::move(file->text);
  return {};
}

void TlsIdentity::Impl::keep_tickets(const Impl& previous) {
  if (client_ca != previous.client_ca) return;
  const long size = SSL_CTX_get_tlsext_ticket_keys(previous.context.get(), nullptr, 0);
  if (size <= 0) return;
  std::string keys(static_cast<std::size_t>(size), '\0');
  if (SSL_CTX_get_tlsext_ticket_keys(previous.context.get(), keys.data(), size) == 1)
    (void)SSL_CTX_set_tlsext_ticket_keys(context.get(), keys.data(), size);
  OPENSSL_cleanse(keys.data(), keys.size());
}

TlsIdentity::TlsIdentity(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsIdentity::~TlsIdentity() = default;

OrProblem<std::shared_ptr<const TlsIdentity>> TlsIdentity::load(const TlsFiles& files,
                                                                const TlsIdentity* previous) {
  auto impl = std::make_unique<Impl>();
  set_rules(impl->context.get());
  for (const auto step : {&Impl::use_certificate, &Impl::use_key, &Impl::use_client_ca}) {
    if (auto done = (impl.get()->*step)(files); !done) return std::unexpected(std::move(done).error());
  }
  if (previous) impl->keep_tickets(previous->impl());
  return std::shared_ptr<const TlsIdentity>(new TlsIdentity(std::move(impl)));
}

SystemTime TlsIdentity::valid_from() const noexcept {
  return impl_->valid_from;
}
SystemTime TlsIdentity::valid_until() const noexcept {
  return impl_->valid_until;
}
bool TlsIdentity::key_readable_by_others() const noexcept {
  return impl_->key_readable_by_others;
}

std::string_view name(TlsRefusal refusal) noexcept {
  static constexpr std::string_view names[] = {"plain_http", "client_certificate", "protocol", "connection",
                                               "timeout"};
  return names[static_cast<std::size_t>(refusal)];
}

namespace {

// A record of TLS begins with a number below 0x20, a request of HTTP with a letter.
bool is_plain_http(std::string_view first) {
  return first.front() >= 'A' && first.front() <= 'Z';
}

Task<void> refuse_plain_http(Stream& client) {
  constexpr std::string_view body = "This port speaks TLS: write https:// instead of http://.\n";
  CO_TRY(co_await write_all(
      client, "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: " +
                  std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + std::string(body)));
  client.shutdown_write();
  // Unread bytes would reset the connection before the answer is read.
  std::array<char, 4096> ignored{};
  for (std::size_t n = 1, all = 0; n > 0 && all < plain_discarded; all += n) {
    n = CO_TRY(co_await read_some(client, ignored));
  }
  co_return ok();
}

TlsRefusal kind_of(const TlsStream::Refusal& refusal) {
  const int reason = ERR_GET_REASON(refusal.error);
  const bool certificate = refusal.verify_result != X509_V_OK || reason == SSL_R_CERTIFICATE_VERIFY_FAILED ||
                           reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE;
  if (refusal.error == 0) return TlsRefusal::connection;
  return certificate ? TlsRefusal::client_certificate : TlsRefusal::protocol;
}

}  // namespace

Task<std::unique_ptr<Stream>> tls_accept(task::Loop& loop, std::unique_ptr<Stream> below,
                                         std::shared_ptr<const TlsIdentity> identity, TlsRefusal& refusal) {
  refusal = TlsRefusal::connection;
  std::array<char, 2048> first{};
  const std::size_t size = CO_TRY(co_await read_some(*below, first));
  if (size == 0) {
    classify::Context gone;
    gone.executed = Executed::no;
    gone.phase = Phase::tls;
    co_return Failure(classify::make_error(classify::FailureClass::connection, gone));
  }
  if (is_plain_http({first.data(), size})) {
    refusal = TlsRefusal::plain_http;
    (void)co_await refuse_plain_http(*below);
    co_return Failure(Error(Code::proto_invalid_request)
                          .with_executed(Executed::no)
                          .with_phase(Phase::tls)
                          .with_developer_message("a client speaks plain HTTP on a port that speaks TLS"));
  }
  SslSession session(SSL_new(identity->impl().context.get()));
  SSL_set_accept_state(session.get());
  auto stream = std::make_unique<TlsStream>(loop, std::move(below), std::move(session));
  const Result<void> done = co_await stream->handshake({first.data(), size});
  if (done) co_return std::move(stream);
  refusal = kind_of(stream->refusal());
  co_return Failure(done.error());
}

}  // namespace sallyport::net
