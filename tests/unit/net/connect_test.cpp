// Endpoints, listening and connecting on loopback, with the phase and the code of everything that goes wrong.
#include "net/connect.hpp"

#include "net/listener.hpp"
#include "support/run_task.hpp"

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

namespace sallyport::net {
namespace {

using testing::Started;

struct Url {
  std::string_view text;
  std::string_view host;
  std::uint16_t port;
  std::string_view target;
  std::string_view authority;
};

TEST(Endpoint, OfAUrl) {
  const Url cases[] = {
      {"http://localhost:3000/mcp", "localhost", 3000, "/mcp", "localhost:3000"},
      {"https://api.example.com/mcp?key=a%20b", "api.example.com", 443, "/mcp?key=a%20b", "api.example.com"},
      {"http://api.example.com", "api.example.com", 80, "/", "api.example.com"},
      {"https://api.example.com:443", "api.example.com", 443, "/", "api.example.com"},
      {"http://[::1]:8080/", "::1", 8080, "/", "[::1]:8080"},
      {"HTTP://127.0.0.1?x", "127.0.0.1", 80, "/?x", "127.0.0.1"},
  };
  for (const Url& c : cases) {
    const auto endpoint = parse_endpoint(c.text);
    ASSERT_TRUE(endpoint) << c.text;
    EXPECT_EQ(endpoint->host, c.host);
    EXPECT_EQ(endpoint->port, c.port);
    EXPECT_EQ(endpoint->target, c.target);
    EXPECT_EQ(endpoint->authority(), c.authority);
  }
}

TEST(Endpoint, RefusesWhatIsNoUrlOfAServer) {
  for (const std::string_view text :
       {"", "localhost:3000", "/mcp", "ftp://a/", "http:///x", "http://user:secret@a/", "http://a/#b",
        "http://a:99999/", "http://a:0/", "http://a b/", "ws://a/"}) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_FALSE(endpoint) << text;
    EXPECT_EQ(endpoint.error().code(), Code::config_invalid) << text;
    EXPECT_EQ(endpoint.error().developer_message().find("secret"), std::string_view::npos);
  }
}

TEST(Endpoint, ResolvesWhatStaysAtItsOrigin) {
  const Endpoint base = *parse_endpoint("https://api.example.com/v1/sse?key=a");
  const std::pair<std::string_view, std::string_view> kept[] = {
      {"/messages?s=1", "/messages?s=1"},
      {"messages", "/v1/messages"},
      {"?s=1", "/v1/sse?s=1"},
      {"../m", "/m"},
      {"https://API.example.com:443/m", "/m"},
      {"//api.example.com/m", "/m"},
  };
  for (const auto& [reference, target] : kept)
    EXPECT_EQ(resolve_within(base, reference), target) << reference;
  for (const std::string_view away :
       {"http://api.example.com/m", "https://api.example.com:444/m", "https://evil.example/m",
        "//evil.example/m", "https://api.example.com@evil.example/m", "https://u:p@api.example.com/m", "/m#f",
        "file:///m", "http://[::1", "/a b", "\\\\evil.example\\m"})
    EXPECT_FALSE(resolve_within(base, away)) << away;
  EXPECT_FALSE(resolve_within(base, "/" + std::string(5000, 'a')));
  EXPECT_EQ(resolve_within(*parse_endpoint("http://[::1]:8080/sse"), "/m"), "/m");
}

struct Accepted {
  explicit Accepted(task::Loop& loop, const std::string& host = "127.0.0.1") {
    auto opened = Listener::open(loop, host, 0, [this](std::unique_ptr<Stream> stream, Peer peer) {
      streams.push_back(std::move(stream));
      peers.push_back(std::move(peer));
    });
    if (opened) listener = std::move(*opened);
  }
  std::unique_ptr<Listener> listener;
  std::vector<std::unique_ptr<Stream>> streams;
  std::vector<Peer> peers;
};

Task<std::unique_ptr<Stream>> connect_to(task::Loop& loop, Endpoint endpoint) {
  co_return co_await connect(loop, endpoint, nullptr);
}

TEST(Connect, ByAddressAndByName) {
  task::Loop loop;
  Accepted accepted(loop);
  for (const char* host : {"127.0.0.1", "localhost"}) {
    auto stream = testing::run(loop, connect_to(loop, {.host = host, .port = accepted.listener->port()}));
    ASSERT_TRUE(stream) << host;
    ASSERT_TRUE(testing::run_until(loop, [&] { return !accepted.streams.empty(); }));
    EXPECT_EQ(accepted.peers.back().address, "127.0.0.1");
    EXPECT_TRUE(accepted.peers.back().loopback);
    accepted.streams.clear();
  }
}

TEST(Connect, RefusedSaysSo) {
  task::Loop loop;
  const auto refused = testing::run(loop, connect_to(loop, {.host = "127.0.0.1", .port = 1}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::network_connection_failed);
  EXPECT_EQ(refused.error().phase(), Phase::connect);
  EXPECT_EQ(refused.error().executed(), Executed::no);
  EXPECT_TRUE(refused.error().can_retry());
}

TEST(Connect, OverAUnixSocket) {
  task::Loop loop;
  const std::string directory = ::testing::TempDir() + "sallyport-connect-" + std::to_string(::getpid());
  std::filesystem::create_directory(directory);
  Endpoint endpoint{.host = "localhost", .port = 80, .socket = directory + "/x.sock"};
  EXPECT_EQ(endpoint.authority(), "localhost");
  const auto absent = testing::run(loop, connect_to(loop, endpoint));
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().phase(), Phase::connect);
  EXPECT_EQ(absent.error().executed(), Executed::no);

  std::vector<Peer> peers;
  const auto accept = [&](std::unique_ptr<Stream>, Peer peer) { peers.push_back(std::move(peer)); };
  auto listener = Listener::open_unix(loop, endpoint.socket, accept);
  ASSERT_TRUE(listener);
  EXPECT_TRUE(testing::run(loop, connect_to(loop, endpoint)));
  ASSERT_TRUE(testing::run_until(loop, [&] { return !peers.empty(); }));
  EXPECT_TRUE(peers.front().unix_socket);

  endpoint.socket.assign(max_socket_path + 1, '/');
  const auto too_long = testing::run(loop, connect_to(loop, endpoint));
  ASSERT_FALSE(too_long);
  EXPECT_EQ(too_long.error().code(), Code::config_invalid);
  listener->reset();
  std::filesystem::remove_all(directory);
}

// Whether the machine has a name server or not: the name was not found.
TEST(Connect, ANameThatCannotExist) {
  task::Loop loop;
  const auto unknown = testing::run(loop, connect_to(loop, {.host = "does-not-exist.invalid", .port = 80}));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), Code::network_dns_error);
  EXPECT_EQ(unknown.error().phase(), Phase::resolve);
  EXPECT_EQ(unknown.error().executed(), Executed::no);
}

TEST(Connect, CancelledWhileResolvingAndWhileConnecting) {
  task::Loop loop;
  Accepted accepted(loop);
  const std::pair<const char*, Phase> cases[] = {{"does-not-exist.invalid", Phase::resolve},
                                                 {"127.0.0.1", Phase::connect}};
  for (const auto& [host, phase] : cases) {
    Started<std::unique_ptr<Stream>> connecting(
        loop, connect_to(loop, {.host = host, .port = accepted.listener->port()}));
    connecting.cancel();
    const auto result = connecting.wait();
    // On loopback the connection may be there before the cancellation takes hold; then it is not thrown away.
    if (result) continue;
    EXPECT_EQ(result.error().code(), Code::proto_cancelled) << host;
    EXPECT_EQ(result.error().phase(), phase);
    EXPECT_EQ(result.error().executed(), Executed::no);
  }
}

TEST(Listener, ATakenPortIsAnError) {
  task::Loop loop;
  Accepted accepted(loop);
  const auto second =
      Listener::open(loop, "127.0.0.1", accepted.listener->port(), [](std::unique_ptr<Stream>, Peer) {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Code::system_operation_failed);
  EXPECT_NE(second.error().developer_message().find("Address already in use"), std::string_view::npos);
  EXPECT_FALSE(Listener::open(loop, "not an address", 0, [](std::unique_ptr<Stream>, Peer) {}));
}

TEST(Listener, AClosedOneAcceptsNothingAndFreesItsPort) {
  task::Loop loop;
  Accepted accepted(loop);
  const std::uint16_t port = accepted.listener->port();
  accepted.listener->close();
  EXPECT_FALSE(testing::run(loop, connect_to(loop, {.host = "127.0.0.1", .port = port})));
  EXPECT_TRUE(Listener::open(loop, "127.0.0.1", port, [](std::unique_ptr<Stream>, Peer) {}));
}

struct Echo final : HttpHandler {
  std::optional<HttpReply> admit(const RequestHead&, const Peer&) override { return std::nullopt; }
  HttpReply refuse(const Error&, const Peer&) override { return {.status = 413}; }
  Task<void> handle(Exchange& exchange) override {
    co_return co_await exchange.reply({.body = std::string(exchange.body())});
  }
};

Task<std::string> converse(task::Loop& loop, Endpoint endpoint, std::string said) {
  const auto stream = CO_TRY(co_await connect(loop, endpoint, nullptr));
  // A refusal may come while the rest is still being sent; what matters is that it can be read.
  (void)co_await write_all(*stream, said);
  stream->shutdown_write();
  std::string all;
  std::array<char, 4096> buffer{};
  for (;;) {
    const std::size_t n = CO_TRY(co_await read_some(*stream, buffer));
    if (n == 0) co_return all;
    all.append(buffer.data(), n);
  }
}

// The server over real sockets. What a client that was refused still sends must not reset the reply away.
TEST(HttpServerOnSockets, AnswersAndLetsARefusedClientReadWhy) {
  task::Loop loop;
  Echo echo;
  HttpServer server(loop, echo, {.body = 100'000});
  auto listener = Listener::open(loop, "127.0.0.1", 0, [&](std::unique_ptr<Stream> stream, Peer peer) {
    server.serve(std::move(stream), std::move(peer));
  });
  ASSERT_TRUE(listener);
  const Endpoint endpoint{.host = "127.0.0.1", .port = (*listener)->port()};
  const auto post = [](std::size_t size) {
    return "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: " + std::to_string(size) +
           "\r\n\r\n" + std::string(size, 'x');
  };
  EXPECT_TRUE(testing::run(loop, converse(loop, endpoint, post(50'000)))
                  .value()
                  .ends_with("\r\n\r\n" + std::string(50'000, 'x')));
  const auto refused = testing::run(loop, converse(loop, endpoint, post(500'000)));
  ASSERT_TRUE(refused);
  EXPECT_TRUE(refused->starts_with("HTTP/1.1 413 Content Too Large\r\n")) << *refused;
  (*listener)->close();
  EXPECT_TRUE(testing::run(loop, server.close()));
}

}  // namespace
}  // namespace sallyport::net
