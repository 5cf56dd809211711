// Where a request comes from when proxies stand in between: whose word counts, and what Forwarded (RFC 7239)
// and X-Forwarded-For say.
#pragma once

#include "net/http_server.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::net {

// An IPv4 address that is written as an IPv6 one (::ffff:10.0.0.1) is the IPv4 address.
struct IpAddress {
  static std::optional<IpAddress> parse(std::string_view text);  // no port, brackets or zone
  std::string text() const;
  bool operator==(const IpAddress&) const = default;

  std::array<unsigned char, 16> bytes{};  // of IPv4 the first four
  bool v6 = false;
};

// An address, or all those that share its first bits: `10.0.0.0/8`.
struct IpRange {
  static std::optional<IpRange> parse(std::string_view text);
  bool contains(const IpAddress& other) const noexcept;
  IpRange network() const noexcept;  // the same range with all other bits zero
  std::string text() const;
  bool operator==(const IpRange&) const = default;

  IpAddress first{};
  unsigned bits = 0;
};

// What is read of the fields of one request; beyond it the peer is the source.
inline constexpr std::size_t max_forwarded_hops = 16;
inline constexpr std::size_t max_forwarded_bytes = 4096;

class TrustedProxies {
 public:
  static constexpr std::string_view unix_word = "unix";  // whoever may connect to a Unix socket

  TrustedProxies() = default;
  // Ranges and `unix`, as the configuration checked them.
  explicit TrustedProxies(std::span<const std::string> words);

  bool trusts(const IpAddress& address) const noexcept;
  bool trusts(const Peer& peer) const;

  // Whom a request counts as; nothing: its peer, as it is. From a proxy that is trusted the fields are walked
  // from the hop next to us outwards, and the first that is no trusted proxy is the source. A hop that hides
  // its name counts as the proxy that tells of it. What cannot be read, is beyond the bounds, or differs
  // between the two kinds of fields has the peer for a source. Nobody is loopback who comes through a proxy.
  std::optional<Peer> source(const HeaderFields& fields, const Peer& peer) const {
    return empty() ? std::nullopt : forwarded(fields, peer);
  }

 private:
  bool empty() const noexcept { return ranges_.empty() && !unix_; }
  std::optional<Peer> forwarded(const HeaderFields& fields, const Peer& peer) const;

  std::vector<IpRange> ranges_;
  bool unix_ = false;
};

}  // namespace sallyport::net
