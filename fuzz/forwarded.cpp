// Any Forwarded and X-Forwarded-For fields: only a trusted proxy is heard, nobody becomes loopback, and what
// stands before the word of the proxy next to us changes nothing.
#include "net/forwarded.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace sallyport::net;

void require(bool condition) {
  if (!condition) std::abort();
}

const TrustedProxies& proxies() {
  static const std::array<std::string, 4> words{"127.0.0.0/8", "10.0.0.0/8", "2001:db8::/33", "unix"};
  static const TrustedProxies list(words);
  return list;
}

void check_address(std::string_view text) {
  const auto address = IpAddress::parse(text);
  if (!address) return;
  require(IpAddress::parse(address->text()) == *address);
  require(IpRange::parse(text)->contains(*address));
}

void check_range(std::string_view text) {
  const auto range = IpRange::parse(text);
  if (!range) return;
  require(IpRange::parse(range->text()) == *range);
  require(range->contains(range->first) && range->contains(range->network().first));
  require(range->network() == range->network().network());
}

}  // namespace

// A line is a field: Forwarded if it begins with `F`, else X-Forwarded-For; its first byte is not of the
// value.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  HeaderFields fields;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() == text.size() ? line.size() : line.size() + 1);
    if (line.empty()) continue;
    fields.add(line.front() == 'F' ? "Forwarded" : "X-Forwarded-For", line.substr(1));
    check_address(line.substr(1));
    check_range(line.substr(1));
  }
  const Peer proxy{"127.0.0.1", true};
  require(!proxies().source(fields, {"192.0.2.1"}));
  require(!TrustedProxies().source(fields, proxy));
  const auto source = proxies().source(fields, proxy);
  require(source.has_value() == (fields.size() > 0));
  if (source) {
    const auto address = IpAddress::parse(source->address);
    require(!source->loopback && address && address->text() == source->address);
  }
  const auto local = proxies().source(fields, {"unix:0", true, true});
  require(local.has_value() == source.has_value());
  if (local) require(!local->loopback && (local->address == source->address || local->address == "unix:0"));
  fields.add("forwarded", "for=\"[2001:db8:8000::1]:443\"");
  fields.add("x-forwarded-for", "10.1.2.3, 2001:db8:8000::1, 10.9.9.9");
  require(proxies().source(fields, proxy)->address == "2001:db8:8000::1");
  return 0;
}
