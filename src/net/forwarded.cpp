#include "net/forwarded.hpp"

#include "base/strings.hpp"

#include <algorithm>
#include <cstring>
#include <ranges>
#include <utility>

#include <arpa/inet.h>
#include <boost/container/small_vector.hpp>
#include <fmt/format.h>

namespace sallyport::net {
namespace {

constexpr std::size_t max_node = 64;  // the longest name of a hop, its port included
constexpr std::array<unsigned char, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

// How one proxy names whom it got the request from.
struct Hop {
  enum class Kind : std::uint8_t { address, hidden, malformed };
  Kind kind = Kind::hidden;
  IpAddress address{};
};

constexpr Hop malformed{Hop::Kind::malformed};
using Hops = boost::container::small_vector<Hop, 8>;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_obfuscated(std::string_view text) {
  return text.size() > 1 && text.front() == '_' && std::ranges::all_of(text, [](char c) {
           return is_digit(c) || is_letter(c) || c == '.' || c == '_' || c == '-';
         });
}

bool is_port(std::string_view text) {
  return is_obfuscated(text) || (!text.empty() && text.size() <= 5 && std::ranges::all_of(text, is_digit));
}

// RFC 7239 section 6: an address, `unknown` or an obfuscated name, with a port or without.
Hop read_node(std::string_view text) {
  if (text.empty() || text.size() > max_node) return malformed;
  const bool bracketed = text.front() == '[';
  const std::size_t end = bracketed ? text.find(']') : std::min(text.find(':'), text.size());
  if (end == std::string_view::npos) return malformed;
  const std::string_view name = bracketed ? text.substr(1, end - 1) : text.substr(0, end);
  const std::string_view port = text.substr(bracketed ? end + 1 : end);
  if (!port.empty() && (port.front() != ':' || !is_port(port.substr(1)))) return malformed;
  if (!bracketed && (iequals(name, "unknown") || is_obfuscated(name))) return {};
  if (bracketed != (name.find(':') != std::string_view::npos)) return malformed;
  const auto address = IpAddress::parse(name);
  return address ? Hop{Hop::Kind::address, *address} : malformed;
}

// An entry of X-Forwarded-For: there IPv6 addresses stand without brackets too.
Hop read_entry(std::string_view text) {
  if (const auto address = IpAddress::parse(text)) return {Hop::Kind::address, *address};
  return read_node(text);
}

// One line of Forwarded (RFC 7239 section 4), read from its front: only so it is known what stands in quotes.
class ForwardedLine {
 public:
  explicit ForwardedLine(std::string_view line) : rest_(line) {}

  // False: the line is not what the grammar allows.
  bool read(Hops& hops) {
    skip_space();
    while (!rest_.empty()) {
      if (rest_.front() != ',') {
        Hop hop;
        if (!element(hop)) return false;
        hops.push_back(hop);
        if (rest_.empty()) break;
        if (rest_.front() != ',') return false;
      }
      rest_.remove_prefix(1);
      skip_space();
    }
    return true;
  }

 private:
  // An element without `for` hides whom it tells of.
  bool element(Hop& hop) {
    bool told = false;
    while (true) {
      if (!rest_.empty() && rest_.front() != ';' && rest_.front() != ',') {
        const std::string_view name = token();
        if (name.empty() || !skip('=') || !value()) return false;
        if (iequals(name, "for")) {
          if (std::exchange(told, true)) return false;
          hop = read_node(value_);
        }
      }
      skip_space();
      if (!skip(';')) return true;
      skip_space();
    }
  }

  bool value() {
    if (!rest_.starts_with('"')) {
      value_ = token();
      return !value_.empty();
    }
    rest_.remove_prefix(1);
    value_.clear();
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.front() == '\\') rest_.remove_prefix(1);
      if (rest_.empty()) return false;
      value_ += rest_.front();
      rest_.remove_prefix(1);
    }
    return skip('"');
  }

  std::string_view token() {
    const auto end = std::ranges::find_if_not(rest_, [](char c) {
      return is_digit(c) || is_letter(c) || (c != '\0' && std::strchr("!#$%&'*+-.^_`|~", c) != nullptr);
    });
    const std::string_view found = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(found.size());
    return found;
  }

  bool skip(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }

  std::string_view rest_;
  std::string value_;
};

// The way from us outwards, over one kind of fields.
class Walk {
 public:
  explicit Walk(const TrustedProxies& proxies) : proxies_(proxies) {}

  // Lines come last first. False: the end is reached.
  bool line(std::string_view text, bool rfc_7239) { return rfc_7239 ? forwarded(text) : entries(text); }

  // Nothing: the peer.
  const std::optional<IpAddress>& source() const noexcept { return source_; }

 private:
  bool forwarded(std::string_view line) {
    Hops hops;
    if (!spend(line.size()) || !ForwardedLine(line).read(hops)) return give_up();
    return std::ranges::all_of(hops | std::views::reverse, [this](const Hop& hop) { return take(hop); });
  }

  // From the back: what a client wrote before the entries of proxies spoils nothing.
  bool entries(std::string_view line) {
    while (true) {
      const std::size_t comma = line.rfind(',');
      const std::size_t begin = comma == std::string_view::npos ? 0 : comma + 1;
      const std::string_view entry = line.substr(begin);
      if (!spend(entry.size() + 1)) return give_up();
      if (const std::string_view node = trim(entry); !node.empty() && !take(read_entry(node))) return false;
      if (begin == 0) return true;
      line = line.substr(0, comma);
    }
  }

  bool take(const Hop& hop) {
    if (hop.kind == Hop::Kind::malformed || hops_++ == max_forwarded_hops) return give_up();
    if (hop.kind == Hop::Kind::hidden) return false;
    source_ = hop.address;
    return proxies_.trusts(hop.address);
  }

  bool spend(std::size_t bytes) {
    if (bytes > bytes_left_) return false;
    bytes_left_ -= bytes;
    return true;
  }

  bool give_up() {
    source_.reset();
    return false;
  }

  const TrustedProxies& proxies_;
  std::optional<IpAddress> source_;
  std::size_t hops_ = 0;
  std::size_t bytes_left_ = max_forwarded_bytes;
};

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  char copy[INET6_ADDRSTRLEN] = "";
  if (text.size() >= sizeof copy || text.find('\0') != std::string_view::npos) return std::nullopt;
  text.copy(copy, text.size());
  IpAddress address;
  address.v6 = text.find(':') != std::string_view::npos;
  if (::inet_pton(address.v6 ? AF_INET6 : AF_INET, copy, address.bytes.data()) != 1) return std::nullopt;
  if (!address.v6 || !std::ranges::equal(mapped, std::span(address.bytes).first<mapped.size()>()))
    return address;
  IpAddress v4;
  std::ranges::copy(std::span(address.bytes).subspan<mapped.size()>(), v4.bytes.begin());
  return v4;
}

std::string IpAddress::text() const {
  char text[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(v6 ? AF_INET6 : AF_INET, bytes.data(), text, sizeof text);
  return text;
}

std::optional<IpRange> IpRange::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view written = text.substr(0, slash);
  const auto address = IpAddress::parse(written);
  if (!address) return std::nullopt;
  const unsigned all = address->v6 ? 128 : 32;
  if (slash == std::string_view::npos) return IpRange{*address, all};
  auto bits = parse_int<unsigned>(text.substr(slash + 1));
  if (bits && !address->v6 && written.find(':') != std::string_view::npos) {
    if (*bits < 8 * mapped.size()) return std::nullopt;
    *bits -= 8 * mapped.size();
  }
  if (!bits || *bits > all) return std::nullopt;
  return IpRange{*address, *bits};
}

bool IpRange::contains(const IpAddress& other) const noexcept {
  if (other.v6 != first.v6) return false;
  const std::size_t whole = bits / 8;
  if (!std::equal(first.bytes.begin(), first.bytes.begin() + whole, other.bytes.begin())) return false;
  if (bits % 8 == 0) return true;
  return ((first.bytes[whole] ^ other.bytes[whole]) >> (8 - bits % 8)) == 0;
}

IpRange IpRange::network() const noexcept {
  IpRange range = *this;
  for (std::size_t i = bits; i < 8 * range.first.bytes.size(); ++i)
    range.first.bytes[i / 8] &= static_cast<unsigned char>(~(0x80U >> (i % 8)));
  return range;
}

std::string IpRange::text() const {
  return fmt::format("{}/{}", first.text(), bits);
}

TrustedProxies::TrustedProxies(std::span<const std::string> words) {
  for (const std::string& word : words) {
    if (word == unix_word) unix_ = true;
    if (const auto range = IpRange::parse(word)) ranges_.push_back(*range);
  }
}

bool TrustedProxies::trusts(const IpAddress& address) const noexcept {
  return std::ranges::any_of(ranges_, [&](const IpRange& range) { return range.contains(address); });
}

bool TrustedProxies::trusts(const Peer& peer) const {
  if (peer.unix_socket) return unix_;
  const auto address = IpAddress::parse(peer.address);
  return address && trusts(*address);
}

std::optional<Peer> TrustedProxies::forwarded(const HeaderFields& fields, const Peer& peer) const {
  if (!trusts(peer)) return std::nullopt;
  struct Way {
    HeaderName name;
    bool rfc_7239;
    Walk walk;
    bool told = false;
    bool open = true;
  };
  std::array<Way, 2> ways{{{"forwarded", true, Walk(*this)}, {"x-forwarded-for", false, Walk(*this)}}};
  for (const HeaderField& field : std::ranges::subrange(fields.begin(), fields.end()) | std::views::reverse) {
    for (Way& way : ways) {
      if (!field.is(way.name)) continue;
      way.told = true;
      if (way.open) way.open = way.walk.line(field.value, way.rfc_7239);
    }
  }
  const auto& [rfc, old] = ways;
  if (!rfc.told && !old.told) return std::nullopt;
  Peer source = peer;
  source.loopback = false;
  const bool agree = !rfc.told || !old.told || rfc.walk.source() == old.walk.source();
  const auto& found = rfc.told ? rfc.walk.source() : old.walk.source();
  if (agree && found) source.address = found->text();
  return source;
}

}  // namespace sallyport::net
