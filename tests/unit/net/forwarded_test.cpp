// Who counts as the source of a request that came through proxies.
#include "net/forwarded.hpp"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport::net {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

const std::vector<std::string> listed{"127.0.0.0/8", "10.0.0.0/8", "2001:db8::/32", "unix"};
const Peer proxy{"127.0.0.1", true};

std::optional<Peer> source_of(const Fields& fields, const Peer& peer = proxy,
                              const std::vector<std::string>& words = listed) {
  HeaderFields head;
  for (const auto& [name, value] : fields) head.add(name, value);
  return TrustedProxies(words).source(head, peer);
}

// The address as it counts behind a trusted proxy.
std::string behind(const Fields& fields) {
  const auto source = source_of(fields);
  if (!source) return "nothing";
  EXPECT_FALSE(source->loopback);
  return source->address;
}
std::string x_forwarded_for(std::string value) {
  return behind({{"X-Forwarded-For", std::move(value)}});
}
std::string forwarded(std::string value) {
  return behind({{"Forwarded", std::move(value)}});
}

struct Case {
  std::string value;
  std::string source;
};

TEST(Forwarded, OfXForwardedForTheFirstFromTheRightThatIsNoProxy) {
  for (const auto& [value, source] : std::vector<Case>{
           {"203.0.113.7", "203.0.113.7"},
           {"203.0.113.7, 10.0.0.2", "203.0.113.7"},
           {"8.8.8.8, 203.0.113.7, 10.0.0.2,127.0.0.1", "203.0.113.7"},
           {"rubbish \" [, 203.0.113.7", "203.0.113.7"},
           {"127.0.0.1, 203.0.113.7", "203.0.113.7"},
           {"203.0.113.7:4711, 10.0.0.2:80", "203.0.113.7"},
           {"2001:DB9:0:0::7, 2001:db8::1", "2001:db9::7"},
           {"[2001:db9::7]:443", "2001:db9::7"},
           {"[2001:db9::7]", "2001:db9::7"},
           {"::ffff:203.0.113.7", "203.0.113.7"},
           {"203.0.113.7, ::ffff:10.0.0.2", "203.0.113.7"},
           {", ,203.0.113.7,,", "203.0.113.7"},
           {"10.0.0.3, 10.0.0.2", "10.0.0.3"},  // all of them proxies: the outermost
           {"203.0.113.7, unknown, 10.0.0.2", "10.0.0.2"},
           {"203.0.113.7, unknown", "127.0.0.1"},
       }) {
    EXPECT_EQ(x_forwarded_for(value), source) << value;
  }
}

TEST(Forwarded, OfForwardedTheSame) {
  for (const auto& [value, source] : std::vector<Case>{
           {"for=203.0.113.7", "203.0.113.7"},
           {"For=203.0.113.7;proto=https;by=10.0.0.1", "203.0.113.7"},
           {"proto=https; for=203.0.113.7 ; host=\"a,b;for=1.1.1.1\"", "203.0.113.7"},
           {R"(for="203.0.113.7:4711")", "203.0.113.7"},
           {R"(for="203.0.\113.7")", "203.0.113.7"},
           {R"(for="[2001:db9::7]:4711", for=10.0.0.2)", "2001:db9::7"},
           {R"(for="[2001:db9::7]:_port")", "2001:db9::7"},
           {"for=8.8.8.8, for=203.0.113.7, for=10.0.0.2", "203.0.113.7"},
           {R"(host="x\"y, for=8.8.8.8", for=203.0.113.7;;)", "203.0.113.7"},
           {",, for=203.0.113.7 ,", "203.0.113.7"},
           {"for=203.0.113.7, for=_hidden, for=10.0.0.2", "10.0.0.2"},
           {"for=203.0.113.7, for=\"_hidden:_x\"", "127.0.0.1"},
           {"for=203.0.113.7, for=UNKNOWN", "127.0.0.1"},
           {"for=203.0.113.7, proto=https", "127.0.0.1"},
       }) {
    EXPECT_EQ(forwarded(value), source) << value;
  }
}

TEST(Forwarded, WhatCannotBeReadIsThePeer) {
  for (const std::string value :
       {"", "rubbish", "203.0.113.7, rubbish", "203.0.113.7, 10.0.0.2, 1.2.3", "203.0.113.256", "010.0.0.1",
        "fe80::1%eth0", "[203.0.113.7]", "[2001:db9::7", "2001:db9::7]", "[2001:db9::7]x",
        "[2001:db9::7]:", "203.0.113.7:", "203.0.113.7:123456", "203.0.113.7:8o", "\"203.0.113.7\"",
        "203.0.113.7 8.8.8.8", "for=203.0.113.7", "203.0.113.0/24"}) {
    EXPECT_EQ(x_forwarded_for(value), "127.0.0.1") << value;
  }
  for (const std::string value : {"",
                                  "203.0.113.7",
                                  "for",
                                  "for=",
                                  "for=\"\"",
                                  "for=\"203.0.113.7",
                                  "for=\"203.0.113.7\\",
                                  "for=203.0.113.7:80",
                                  "for=[2001:db9::7]",
                                  "for=\"2001:db9::7\"",
                                  "for=\"[203.0.113.7]\"",
                                  "for = 203.0.113.7",
                                  "for=8.8.8.8;for=203.0.113.7",
                                  "for=203.0.113.7 proto=http",
                                  "for=\"_\"",
                                  "for=_a/b",
                                  "=203.0.113.7",
                                  "rubbish, for=203.0.113.7",
                                  "for=\"a, for=203.0.113.7",
                                  "for=203.0.113.7, for=1.2.3"}) {
    EXPECT_EQ(forwarded(value), "127.0.0.1") << value;
  }
  EXPECT_EQ(x_forwarded_for(std::string("203.0.113.7\0", 12)), "127.0.0.1");
}

TEST(Forwarded, LinesAreOneListAndTheLastIsNextToUs) {
  EXPECT_EQ(behind({{"x-forwarded-for", "8.8.8.8"}, {"X-FORWARDED-FOR", "203.0.113.7"}}), "203.0.113.7");
  EXPECT_EQ(behind({{"x-forwarded-for", "203.0.113.7"}, {"x-forwarded-for", "10.0.0.2"}}), "203.0.113.7");
  EXPECT_EQ(behind({{"forwarded", "for=\"8.8.8.8"}, {"forwarded", "for=203.0.113.7"}}), "203.0.113.7")
      << "a quote ends with its line";
}

// A proxy that writes one kind passes on what a client wrote of the other.
TEST(Forwarded, BothKindsCountIfTheySayTheSame) {
  EXPECT_EQ(behind({{"forwarded", "for=203.0.113.7"}, {"x-forwarded-for", "8.8.8.8, 203.0.113.7:80"}}),
            "203.0.113.7");
  EXPECT_EQ(behind({{"forwarded", "for=8.8.8.8"}, {"x-forwarded-for", "203.0.113.7"}}), "127.0.0.1");
  EXPECT_EQ(behind({{"forwarded", "rubbish"}, {"x-forwarded-for", "203.0.113.7"}}), "127.0.0.1");
  EXPECT_EQ(behind({{"forwarded", "for=203.0.113.7"}, {"x-forwarded-for", ""}}), "127.0.0.1");
}

TEST(Forwarded, NobodyElseIsHeard) {
  const Fields fields{{"x-forwarded-for", "203.0.113.7"}};
  EXPECT_FALSE(source_of(fields, {"192.0.2.1"}));
  EXPECT_FALSE(source_of(fields, {"2001:db9::1"}));
  EXPECT_FALSE(source_of(fields, proxy, {})) << "no list";
  EXPECT_FALSE(source_of(fields, proxy, {"unix"}));
  EXPECT_FALSE(source_of(fields, {"unix:0", true, true}, {"127.0.0.0/8"}));
  EXPECT_FALSE(source_of({{"x-real-ip", "203.0.113.7"}})) << "the proxy itself, loopback as before";
  EXPECT_EQ(source_of(fields, {"2001:db8::1"})->address, "203.0.113.7");
}

TEST(Forwarded, NobodyBecomesLoopback) {
  for (const std::string value : {"127.0.0.1", "::1", "rubbish", "unknown"}) {
    const auto source = source_of({{"x-forwarded-for", value}}, {"unix:1000", true, true});
    ASSERT_TRUE(source) << value;
    EXPECT_FALSE(source->loopback) << value;
    EXPECT_TRUE(source->unix_socket) << "no web page gets there";
  }
  EXPECT_EQ(source_of({{"x-forwarded-for", "?"}}, {"unix:1000", true, true})->address, "unix:1000");
}

TEST(Forwarded, BeyondTheBoundsIsThePeer) {
  std::string hops = "203.0.113.7";
  for (std::size_t i = 1; i < max_forwarded_hops; ++i) hops += ",10.0.0.2";
  EXPECT_EQ(x_forwarded_for(hops), "203.0.113.7");
  EXPECT_EQ(x_forwarded_for(hops + ",10.0.0.2"), "127.0.0.1");
  EXPECT_EQ(x_forwarded_for("203.0.113.7" + std::string(max_forwarded_bytes, ',')), "127.0.0.1");
  EXPECT_EQ(x_forwarded_for(std::string(20000, 'x') + ",203.0.113.7"), "203.0.113.7") << "not even read";
  EXPECT_EQ(forwarded("for=203.0.113.7;x=" + std::string(max_forwarded_bytes, 'x')), "127.0.0.1");
  EXPECT_EQ(behind({{"forwarded", std::string(20000, 'x')}, {"forwarded", "for=203.0.113.7"}}),
            "203.0.113.7");
}

TEST(IpRange, AddressesAndPrefixes) {
  const auto holds = [](std::string_view range, std::string_view address) {
    return IpRange::parse(range)->contains(*IpAddress::parse(address));
  };
  EXPECT_TRUE(holds("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(holds("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(holds("192.0.2.128/25", "192.0.2.200"));
  EXPECT_FALSE(holds("192.0.2.128/25", "192.0.2.127"));
  EXPECT_TRUE(holds("192.0.2.1", "192.0.2.1"));
  EXPECT_FALSE(holds("192.0.2.1", "192.0.2.2"));
  EXPECT_TRUE(holds("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(holds("2001:db8::/33", "2001:db8:8000::"));
  EXPECT_TRUE(holds("::ffff:10.0.0.0/104", "10.1.2.3"));
  EXPECT_FALSE(holds("::/1", "10.1.2.3")) << "the families are apart";
  EXPECT_TRUE(holds("0.0.0.0/0", "203.0.113.7"));
  EXPECT_EQ(IpRange::parse("10.1.2.3/12")->network().text(), "10.0.0.0/12");
  EXPECT_EQ(IpRange::parse("2001:DB8::1/33")->network().text(), "2001:db8::/33");
  for (const std::string_view bad :
       {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0/8", "::/129",
        "::ffff:10.0.0.0/90", "[::1]", "localhost", "unix"}) {
    EXPECT_FALSE(IpRange::parse(bad)) << bad;
  }
}

// Whatever a client writes first, the proxies after it decide: in both kinds of fields, split into lines
// anywhere.
RC_GTEST_PROP(ForwardedProperty, TheClientCannotChoose, (const std::string& written)) {
  const auto octet = [] { return std::to_string(*rc::gen::inRange(0, 256)); };
  const std::string client = "203.0." + octet() + "." + octet();
  const int hops = *rc::gen::inRange(0, 10);
  Fields old{{"x-forwarded-for", written}};
  Fields rfc{{"forwarded", written}};
  for (int i = 0; i <= hops; ++i) {
    const std::string hop = i == 0 ? client : "10." + octet() + "." + octet() + "." + octet();
    if (*rc::gen::arbitrary<bool>()) {
      old.back().second += ", " + hop;
    } else {
      old.emplace_back("x-forwarded-for", hop);
    }
    if (i > 0 && *rc::gen::arbitrary<bool>()) {
      rfc.back().second += ", for=" + hop;
    } else {
      rfc.emplace_back("forwarded", "proto=https;for=\"" + hop + ":443\"");
    }
  }
  RC_ASSERT(source_of(old)->address == client);
  RC_ASSERT(source_of(rfc)->address == client);
  old.insert(old.end(), rfc.begin(), rfc.end());
  RC_ASSERT(source_of(old)->address == client);
  RC_ASSERT(!source_of(old)->loopback);
  RC_ASSERT(!source_of(old, {client}));
}

}  // namespace
}  // namespace sallyport::net
