// TLS towards clients: a listener's certificate, and the handshake as a server.
#pragma once

#include "net/stream.hpp"

#include <expected>
#include <memory>
#include <optional>
#include <string>

namespace sallyport::net {

// PEM files.
struct TlsFiles {
  std::string cert;       // the certificate, and those between it and the root
  std::string key;        // its private key, without a passphrase
  std::string client_ca;  // who signs the certificates of clients; empty: clients show none
  bool operator==(const TlsFiles&) const = default;
};

// What is wrong with one of the files.
struct TlsProblem {
  enum class File : std::uint8_t { cert, key, client_ca } file;
  std::string what;
  std::string why;
  std::string instead;
};

// A certificate with its key, checked and ready to serve. Immutable: connections keep the one they began
// with.
class TlsIdentity {
 public:
  // `previous`: whose session tickets go on to be taken, unless other clients are let in than then.
  static std::expected<std::shared_ptr<const TlsIdentity>, TlsProblem> load(
      const TlsFiles& files, const TlsIdentity* previous = nullptr);
  ~TlsIdentity();

  SystemTime valid_from() const noexcept;
  SystemTime valid_until() const noexcept;
  bool key_readable_by_others() const noexcept;

  struct Impl;
  const Impl& impl() const noexcept { return *impl_; }

 private:
  explicit TlsIdentity(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Why a client did not get through the handshake.
enum class TlsRefusal : std::uint8_t { plain_http, client_certificate, protocol, connection, timeout };
std::string_view name(TlsRefusal refusal) noexcept;

// The handshake of an accepted connection. One that begins with plain HTTP gets a 400 that says so. On
// failure `refusal` says of which kind it was.
Task<std::unique_ptr<Stream>> tls_accept(task::Loop& loop, std::unique_ptr<Stream> below,
                                         std::shared_ptr<const TlsIdentity> identity, TlsRefusal& refusal);

}  // namespace sallyport::net
