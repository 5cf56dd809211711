// TLS against a server of our own with certificates made here: what is trusted, and what each refusal says.
#include "net/tls.hpp"

#include "base/unique_fd.hpp"
#include "net/http_client.hpp"
#include "net/listener.hpp"
#include "net/openssl.hpp"
#include "support/certificates.hpp"
#include "support/run_task.hpp"

#include <array>
#include <csignal>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sallyport::net {
namespace {

using testing::CaFile;
using testing::day;
using testing::Identity;
using testing::make_identity;
using testing::Started;

// A blocking TLS server in a thread of its own: every connection gets one echo of what it says first.
class TlsServer {
 public:
  explicit TlsServer(const Identity& identity) : context_(SSL_CTX_new(TLS_server_method())) {
    SSL_CTX_use_certificate(context_.get(), identity.certificate.get());
    SSL_CTX_use_PrivateKey(context_.get(), identity.key.get());
    listening_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listening_.get(), 16), 0);
    socklen_t size = sizeof address;
    EXPECT_EQ(::getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { serve(); });
  }
  ~TlsServer() { ::shutdown(listening_.get(), SHUT_RDWR); }

  std::uint16_t port() const noexcept { return port_; }

 private:
  void serve() {
    sigset_t broken_pipe;  // OpenSSL writes without MSG_NOSIGNAL
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    for (;;) {
      const UniqueFd connection(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (connection.get() < 0) return;
      const SslSession session(SSL_new(context_.get()));
      SSL_set_fd(session.get(), connection.get());
      if (SSL_accept(session.get()) != 1) continue;
      std::array<char, 100'000> buffer{};
      int n = 0;
      while ((n = SSL_read(session.get(), buffer.data(), static_cast<int>(buffer.size()))) > 0) {
        if (SSL_write(session.get(), buffer.data(), n) <= 0) break;
      }
      SSL_shutdown(session.get());
    }
  }

  SslContext context_;
  UniqueFd listening_;
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

Task<std::unique_ptr<Stream>> connect_to(task::Loop& loop, Endpoint endpoint,
                                         std::shared_ptr<TlsTrust> trust) {
  co_return co_await connect(loop, endpoint, std::move(trust));
}

struct World {
  Identity ca = make_identity("Test CA", nullptr);
  CaFile file{ca};
  std::shared_ptr<TlsTrust> trust = TlsTrust::load(file.path()).value();
  task::Loop loop;

  Result<std::unique_ptr<Stream>> connect(std::uint16_t port, const std::string& host = "localhost") {
    return testing::run(loop, connect_to(loop, {.tls = true, .host = host, .port = port}, trust));
  }
};

Task<std::string> echo(Stream& stream, std::string_view said) {
  CO_TRY(co_await write_all(stream, said));
  std::string all;
  std::string buffer(50'000, '\0');
  while (all.size() < said.size()) {
    const std::size_t n = CO_TRY(co_await read_some(stream, buffer));
    if (n == 0) break;
    all.append(buffer, 0, n);
  }
  co_return all;
}

TEST(Tls, AServerOfTheGivenAuthorityIsTrusted) {
  World world;
  TlsServer server(make_identity("server", &world.ca, "DNS:localhost,IP:127.0.0.1"));
  for (const char* host : {"localhost", "127.0.0.1"}) {
    auto stream = world.connect(server.port(), host);
    ASSERT_TRUE(stream) << stream.error().developer_message();
    EXPECT_EQ(testing::run(world.loop, echo(**stream, "hello")).value(), "hello");
    const std::string big(1'000'000, 'x');
    EXPECT_EQ(testing::run(world.loop, echo(**stream, big)).value(), big) << "in both directions at once";
    EXPECT_FALSE((*stream)->readable());
  }
}

struct Distrusted {
  const char* what;
  Identity identity;
};

TEST(Tls, WhoIsNotTrustedIsRefusedForGood) {
  World world;
  const Identity other = make_identity("Other CA", nullptr);
  Distrusted cases[] = {
      {"unknown authority", make_identity("server", &other, "DNS:localhost")},
      {"signed by itself", make_identity("localhost", nullptr, "DNS:localhost")},
      {"another host", make_identity("server", &world.ca, "DNS:elsewhere.example")},
      {"expired", make_identity("server", &world.ca, "DNS:localhost", -day)},
  };
  for (const Distrusted& c : cases) {
    TlsServer server(c.identity);
    const auto refused = world.connect(server.port());
    ASSERT_FALSE(refused) << c.what;
    EXPECT_EQ(refused.error().code(), Code::network_ssl_error) << c.what;
    EXPECT_FALSE(refused.error().can_retry()) << c.what;
    EXPECT_EQ(refused.error().kind(), Kind::tool_runtime_fatal) << c.what;
    EXPECT_EQ(refused.error().phase(), Phase::tls) << c.what;
    EXPECT_EQ(refused.error().executed(), Executed::no) << c.what;
  }
}

// Accepts and says `bytes`, then closes or keeps still.
struct PlainServer {
  PlainServer(task::Loop& loop, std::string bytes, bool close) : group(loop) {
    auto opened =
        Listener::open(loop, "127.0.0.1", 0, [this, bytes, close](std::unique_ptr<Stream> stream, Peer) {
          group.spawn(say(std::move(stream), bytes, close));
        });
    listener = std::move(*opened);
  }
  Task<void> say(std::unique_ptr<Stream> stream, std::string bytes, bool close) {
    CO_TRY(co_await write_all(*stream, bytes));
    if (!close) kept.push_back(std::move(stream));
    co_return ok();
  }
  task::Group group;
  std::unique_ptr<Listener> listener;
  std::vector<std::unique_ptr<Stream>> kept;
};

TEST(Tls, PlainHttpOnATlsPortIsRefusedForGood) {
  World world;
  PlainServer server(world.loop, "HTTP/1.1 400 Bad Request\r\n\r\n", false);
  const auto refused = world.connect(server.listener->port());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::network_ssl_error);
  EXPECT_FALSE(refused.error().can_retry());
}

TEST(Tls, AConnectionThatEndsDuringTheHandshakeMayBeTriedAgain) {
  World world;
  PlainServer server(world.loop, "", true);
  const auto ended = world.connect(server.listener->port());
  ASSERT_FALSE(ended);
  EXPECT_TRUE(ended.error().can_retry());
  EXPECT_EQ(ended.error().phase(), Phase::tls);
  EXPECT_EQ(ended.error().executed(), Executed::no);
}

TEST(Tls, AHandshakeThatStallsCanBeCancelled) {
  World world;
  PlainServer server(world.loop, "", false);
  Started<std::unique_ptr<Stream>> connecting(
      world.loop, connect_to(world.loop, {.tls = true, .host = "127.0.0.1", .port = server.listener->port()},
                             world.trust));
  ASSERT_TRUE(testing::run_until(world.loop, [&] { return !server.kept.empty(); }));
  EXPECT_FALSE(connecting.settled());
  connecting.cancel();
  const auto result = connecting.wait();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Code::proto_cancelled);
  EXPECT_EQ(result.error().phase(), Phase::tls);
  EXPECT_EQ(result.error().executed(), Executed::no);
}

TEST(Tls, AReadCanBeCancelledAndTheStreamDropped) {
  World world;
  TlsServer server(make_identity("server", &world.ca, "DNS:localhost"));
  auto stream = world.connect(server.port());
  ASSERT_TRUE(stream);
  const auto read = [](Stream& from) -> Task<std::size_t> {
    std::array<char, 10> buffer{};
    co_return co_await read_some(from, buffer);
  };
  Started<std::size_t> reader(world.loop, read(**stream));
  EXPECT_FALSE(reader.settled());
  reader.cancel();
  EXPECT_EQ(reader.wait().error().code(), Code::proto_cancelled);
}

struct Forbidden final : Completion {
  void done(std::error_code, std::size_t) noexcept override {
    ADD_FAILURE() << "completed after its stream was destroyed";
  }
};

// Bytes that arrive for a reader that is gone are decrypted all the same: not into its buffer.
TEST(Tls, AStreamMayBeDestroyedWithAReadPending) {
  World world;
  TlsServer server(make_identity("server", &world.ca, "DNS:localhost"));
  for (int turns = 0; turns < 6; ++turns) {
    auto stream = world.connect(server.port());
    ASSERT_TRUE(stream);
    ASSERT_TRUE(testing::run(world.loop, write_all(**stream, "hello")));
    Forbidden completion;
    {
      auto buffer = std::make_unique<std::array<char, 100>>();
      if (turns == 0) (*stream)->start_read(*buffer, completion);
      for (int i = 1; i < turns && !(*stream)->readable(); ++i) (void)testing::step(world.loop);
      if (turns > 0) (*stream)->start_read(*buffer, completion);
      stream->reset();
    }
    world.loop.poll();
  }
}

TEST(Tls, ACertificateFileThatCannotBeReadIsAnErrorOfTheConfig) {
  EXPECT_EQ(TlsTrust::load("/does/not/exist.pem").error().code(), Code::config_invalid);
  EXPECT_TRUE(TlsTrust::load("")) << "the system's own";
}

}  // namespace
}  // namespace sallyport::net
