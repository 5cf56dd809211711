// The server's side of TLS over connections in memory, with OpenSSL's own client at the other end.
#include "net/tls_server.hpp"

#include "net/tls_stream.hpp"
#include "support/certificates.hpp"
#include "support/memory_stream.hpp"
#include "support/run_task.hpp"

#include <array>
#include <filesystem>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::net {
namespace {

using testing::CaFile;
using ::testing::HasSubstr;
using testing::Identity;
using testing::make_identity;
using testing::MemoryStream;
using testing::Started;
using ::testing::StartsWith;
using testing::TemporaryFile;
using File = TlsProblem::File;

struct Accepted {
  Result<std::unique_ptr<Stream>> stream = fail(Error(Code::network_timeout));
  TlsRefusal refusal{};
};

// A client of OpenSSL's over one end of a pair.
struct Client {
  explicit Client(const Identity& ca) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), ca.certificate.get());
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  }
  void show(const Identity& identity) const {
    SSL_CTX_use_certificate(context.get(), identity.certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), identity.key.get());
  }
  void offer(std::string_view protocols) const {
    SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(protocols.data()),
                            static_cast<unsigned>(protocols.size()));
  }
  SslContext context{SSL_CTX_new(TLS_client_method())};
  SSL_SESSION* resume = nullptr;
};

struct World {
  Identity ca = make_identity("Test CA", nullptr);
  Identity server = make_identity("server", &ca, "DNS:localhost");
  TemporaryFile cert{server.certificate_pem()};
  TemporaryFile key{server.key_pem()};
  CaFile ca_file{ca};
  task::Loop loop;

  std::shared_ptr<const TlsIdentity> identity(bool client_ca = false, const TlsIdentity* previous = nullptr) {
    auto loaded =
        TlsIdentity::load({cert.path(), key.path(), client_ca ? ca_file.path() : std::string()}, previous);
    EXPECT_TRUE(loaded) << loaded.error().what << loaded.error().why;
    return *loaded;
  }

  // Both sides of a handshake; what the client became stays in `far`.
  Accepted meet(const Client& client, std::shared_ptr<const TlsIdentity> with) {
    auto pair = MemoryStream::make(loop);
    SslSession session(SSL_new(client.context.get()));
    SSL_set_connect_state(session.get());
    if (client.resume) SSL_set_session(session.get(), client.resume);
    far_session = session.get();
    far = std::make_unique<TlsStream>(loop, std::move(pair.second), std::move(session));
    Accepted accepted;
    Started<std::unique_ptr<Stream>> accepting(
        loop, tls_accept(loop, std::move(pair.first), std::move(with), accepted.refusal));
    far_result = testing::run(loop, far->handshake());
    if (!far_result) far.reset();
    accepted.stream = accepting.wait();
    return accepted;
  }

  Accepted meet_raw(std::string_view bytes, bool close) {
    auto pair = MemoryStream::make(loop);
    Accepted accepted;
    Started<std::unique_ptr<Stream>> accepting(
        loop, tls_accept(loop, std::move(pair.first), identity(), accepted.refusal));
    pair.second->put(bytes);
    if (close) pair.second->shutdown_write();
    testing::run_until(loop, [&] { return accepting.done() || !close; });
    loop.poll();
    heard = pair.second->take();
    pair.second->close();
    accepted.stream = accepting.wait();
    return accepted;
  }

  std::unique_ptr<TlsStream> far;
  SSL* far_session = nullptr;
  Result<void> far_result;
  std::string heard;
};

Task<std::string> pass(Stream& from, Stream& to, std::string_view said, std::size_t pieces) {
  for (std::size_t at = 0; at < said.size(); at += said.size() / pieces) {
    CO_TRY(co_await write_all(from, said.substr(at, said.size() / pieces)));
  }
  std::string all;
  std::string buffer(1000, '\0');
  while (all.size() < said.size()) {
    const std::size_t n = CO_TRY(co_await read_some(to, buffer));
    if (n == 0) break;
    all.append(buffer, 0, n);
  }
  co_return all;
}

Task<std::size_t> read_once(Stream& from) {
  std::array<char, 10> buffer{};
  co_return co_await read_some(from, buffer);
}

TEST(TlsServer, SpeaksWithAClientThatNamesNoServer) {
  World world;
  const auto accepted = world.meet(Client(world.ca), world.identity());
  ASSERT_TRUE(accepted.stream) << accepted.stream.error().developer_message();
  ASSERT_TRUE(world.far_result);
  const std::string said(100'000, 'x');
  EXPECT_EQ(testing::run(world.loop, pass(*world.far, **accepted.stream, said, 1)).value(), said);
  EXPECT_EQ(testing::run(world.loop, pass(**accepted.stream, *world.far, said, 7)).value(), said);
}

TEST(TlsServer, PiecesBecomeRecordsInTheirOrder) {
  World world;
  const auto accepted = world.meet(Client(world.ca), world.identity());
  ASSERT_TRUE(accepted.stream);
  std::string expected;
  std::array<std::string, 40> texts;
  std::array<iovec, 40> pieces{};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    texts[i] = std::string(1 + i * i * 25, static_cast<char>('a' + i % 26));
    pieces[i] = piece(texts[i]);
    expected += texts[i];
  }
  const auto write = [](Stream& to, std::span<iovec> all) -> Task<void> {
    co_return co_await WriteOp(to, all);
  };
  ASSERT_TRUE(testing::run(world.loop, write(**accepted.stream, pieces)));
  std::string got;
  std::string buffer(20'000, '\0');
  const auto read = [](Stream& from, std::string& into) -> Task<std::size_t> {
    co_return co_await read_some(from, into);
  };
  while (got.size() < expected.size())
    got.append(buffer, 0, testing::run(world.loop, read(*world.far, buffer)).value());
  EXPECT_EQ(got, expected);
}

TEST(TlsServer, ASlowReaderHoldsTheWriterUp) {
  World world;
  auto pair = MemoryStream::make(world.loop);
  pair.first->behaviour()->capacity = 3000;
  pair.first->behaviour()->write_size = 700;
  SslSession session(SSL_new(Client(world.ca).context.get()));
  SSL_set_connect_state(session.get());
  TlsStream far(world.loop, std::move(pair.second), std::move(session));
  TlsRefusal refusal{};
  Started<std::unique_ptr<Stream>> accepting(
      world.loop, tls_accept(world.loop, std::move(pair.first), world.identity(), refusal));
  ASSERT_TRUE(testing::run(world.loop, far.handshake()));
  const auto near = accepting.wait().value();
  const std::string said(200'000, 'y');
  Started<void> writing(world.loop, write_all(*near, said));
  EXPECT_FALSE(writing.settled()) << "written means that the stream below has it";
  std::string got;
  std::string buffer(5000, '\0');
  const auto read = [](Stream& from, std::string& into) -> Task<std::size_t> {
    co_return co_await read_some(from, into);
  };
  while (got.size() < said.size()) got.append(buffer, 0, testing::run(world.loop, read(far, buffer)).value());
  EXPECT_EQ(got, said);
  EXPECT_TRUE(writing.wait());
}

TEST(TlsServer, TheEndIsSaidAndHeardOnEachSideAlone) {
  World world;
  const auto accepted = world.meet(Client(world.ca), world.identity());
  ASSERT_TRUE(accepted.stream);
  world.far->shutdown_write();
  EXPECT_EQ(testing::run(world.loop, read_once(**accepted.stream)).value(), 0u);
  EXPECT_EQ(testing::run(world.loop, pass(**accepted.stream, *world.far, "still here", 1)).value(),
            "still here")
      << "half closed";
  (*accepted.stream)->shutdown_write();
  EXPECT_EQ(testing::run(world.loop, read_once(*world.far)).value(), 0u);
}

TEST(TlsServer, AnEndThatNobodySaidIsAnError) {
  World world;
  auto pair = MemoryStream::make(world.loop);
  MemoryStream* wire = pair.second.get();
  SslSession session(SSL_new(Client(world.ca).context.get()));
  SSL_set_connect_state(session.get());
  TlsStream far(world.loop, std::move(pair.second), std::move(session));
  TlsRefusal refusal{};
  Started<std::unique_ptr<Stream>> accepting(
      world.loop, tls_accept(world.loop, std::move(pair.first), world.identity(), refusal));
  ASSERT_TRUE(testing::run(world.loop, far.handshake()));
  const auto near = accepting.wait().value();
  wire->shutdown_write();
  const auto cut = testing::run(world.loop, read_once(*near));
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code(), Code::network_connection_failed);
}

TEST(TlsServer, OffersHttp11AlpnAndRefusesOthers) {
  World world;
  Client both(world.ca);
  both.offer("\x02h2\x08http/1.1");
  ASSERT_TRUE(world.meet(both, world.identity()).stream);
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(world.far_session, &chosen, &size);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), size), "http/1.1");
  Client other(world.ca);
  other.offer("\x02h2");
  const auto refused = world.meet(other, world.identity());
  EXPECT_FALSE(refused.stream);
  EXPECT_EQ(refused.refusal, TlsRefusal::protocol);
  EXPECT_FALSE(world.far_result) << "an alert, not silence";
}

TEST(TlsServer, RefusesOldVersions) {
  World world;
  const Client old(world.ca);
  SSL_CTX_set_security_level(old.context.get(), 0);
  SSL_CTX_set_min_proto_version(old.context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(old.context.get(), TLS1_1_VERSION);
  const auto refused = world.meet(old, world.identity());
  EXPECT_FALSE(refused.stream);
  EXPECT_EQ(refused.refusal, TlsRefusal::protocol);
  const Client newer(world.ca);
  SSL_CTX_set_max_proto_version(newer.context.get(), TLS1_2_VERSION);
  EXPECT_TRUE(world.meet(newer, world.identity()).stream);
  EXPECT_STREQ(SSL_get_version(world.far_session), "TLSv1.2");
}

TEST(TlsServer, WithAClientAuthorityOnlyItsClientsComeIn) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    World world;
    const auto guarded = world.identity(true);
    const auto connect = [&](const Identity* shown) {
      Client client(world.ca);
      SSL_CTX_set_max_proto_version(client.context.get(), version);
      if (shown) client.show(*shown);
      return world.meet(client, guarded);
    };
    const Identity known = make_identity("client", &world.ca);
    EXPECT_TRUE(connect(&known).stream);
    const Identity stranger = make_identity("client", nullptr);
    for (const Identity* shown : {static_cast<const Identity*>(nullptr), &stranger}) {
      const auto refused = connect(shown);
      ASSERT_FALSE(refused.stream);
      EXPECT_EQ(refused.refusal, TlsRefusal::client_certificate);
    }
  }
}

TEST(TlsServer, PlainHttpIsToldSo) {
  World world;
  const auto refused = world.meet_raw("POST /mcp HTTP/1.1\r\nHost: x\r\n\r\n", true);
  EXPECT_FALSE(refused.stream);
  EXPECT_EQ(refused.refusal, TlsRefusal::plain_http);
  EXPECT_THAT(world.heard, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(world.heard, HasSubstr("write https://"));
}

TEST(TlsServer, GarbageAndSilenceAreRefused) {
  World world;
  EXPECT_EQ(
      world.meet_raw(std::string("\x16\x03\x01\x02\x00garbage that is long enough for a record", 45), true)
          .refusal,
      TlsRefusal::connection)
      << "a record that is cut";
  EXPECT_EQ(world.meet_raw("\x80 no record at all", true).refusal, TlsRefusal::protocol);
  EXPECT_EQ(world.meet_raw("", true).refusal, TlsRefusal::connection);
  const auto stalled = world.meet_raw("\x16\x03\x01", false);
  EXPECT_EQ(stalled.refusal, TlsRefusal::connection);
  EXPECT_FALSE(stalled.stream);
}

// However the bytes of a handshake are cut, and whichever step fails, nothing hangs and nothing leaks.
TEST(TlsServer, EveryStepOfAHandshakeMayFail) {
  World world;
  for (int step = 0; step < 12; ++step) {
    auto pair = MemoryStream::make(world.loop);
    pair.first->behaviour()->fail_at = step;
    pair.first->behaviour()->read_size = 300;
    SslSession session(SSL_new(Client(world.ca).context.get()));
    SSL_set_connect_state(session.get());
    TlsStream far(world.loop, std::move(pair.second), std::move(session));
    TlsRefusal refusal{};
    Started<std::unique_ptr<Stream>> accepting(
        world.loop, tls_accept(world.loop, std::move(pair.first), world.identity(), refusal));
    Started<void> greeting(world.loop, far.handshake());
    (void)accepting.wait();
  }
}

std::string resumed(World& world, Client& client, std::shared_ptr<const TlsIdentity> with) {
  const auto accepted = world.meet(client, std::move(with));
  if (!accepted.stream) return "refused";
  // Tickets come behind the handshake, with the first bytes.
  EXPECT_EQ(testing::run(world.loop, pass(**accepted.stream, *world.far, "x", 1)).value(), "x");
  if (client.resume) SSL_SESSION_free(client.resume);
  client.resume = SSL_get1_session(world.far_session);
  world.far->close();  // OpenSSL takes a session that ends otherwise for broken
  return SSL_session_reused(world.far_session) ? "resumed" : "new";
}

TEST(TlsServer, ATicketOutlivesACertificateButNotAnotherAuthorityOfClients) {
  World world;
  Client client(world.ca);
  const auto first = world.identity();
  EXPECT_EQ(resumed(world, client, first), "new");
  EXPECT_EQ(resumed(world, client, first), "resumed");
  const Identity renewed = make_identity("server", &world.ca, "DNS:localhost");
  world.cert.write(renewed.certificate_pem());
  world.key.write(renewed.key_pem());
  EXPECT_EQ(resumed(world, client, world.identity(false, first.get())), "resumed");
  EXPECT_EQ(resumed(world, client, world.identity()), "new") << "after a restart";
  EXPECT_EQ(resumed(world, client, world.identity(true, first.get())), "refused") << "shows no certificate";
  SSL_SESSION_free(client.resume);
}

struct Wrong {
  const char* name;
  std::string cert;
  std::string key;
  std::string client_ca;
  File file;
  const char* what;
};

TEST(TlsServer, SaysWhatIsWrongWithWhichFile) {
  World world;
  const Identity other = make_identity("other", &world.ca);
  const std::string cert = world.server.certificate_pem();
  const std::string key = world.server.key_pem();
  const Wrong cases[] = {
      {"no certificate", "text", key, "", File::cert, " holds no certificate"},
      {"a key instead", key, key, "", File::cert, " holds no certificate"},
      {"a broken certificate", cert.substr(0, 60) + "!!!" + cert.substr(63), key, "", File::cert,
       " holds a certificate that cannot be read"},
      {"no key", cert, cert, "", File::key, " holds no private key"},
      {"another's key", cert, other.key_pem(), "", File::key, " does not belong to the certificate in "},
      {"a passphrase", cert, world.server.key_pem("secret"), "", File::key,
       " is encrypted with a passphrase"},
      {"no authority", cert, key, "text", File::client_ca, " holds no certificate"},
  };
  for (const Wrong& wrong : cases) {
    const TemporaryFile cert_file(wrong.cert);
    const TemporaryFile key_file(wrong.key);
    const TemporaryFile ca_file(wrong.client_ca);
    const auto loaded = TlsIdentity::load(
        {cert_file.path(), key_file.path(), wrong.client_ca.empty() ? std::string() : ca_file.path()});
    ASSERT_FALSE(loaded) << wrong.name;
    EXPECT_EQ(loaded.error().file, wrong.file) << wrong.name;
    EXPECT_THAT(loaded.error().what, HasSubstr(wrong.what)) << wrong.name;
    EXPECT_FALSE(loaded.error().why.empty() || loaded.error().instead.empty()) << wrong.name;
  }
  const auto missing = TlsIdentity::load({"/does/not/exist", world.key.path(), ""});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().what, "cannot read /does/not/exist");
  EXPECT_EQ(missing.error().why, "No such file or directory");
}

TEST(TlsServer, KnowsHowLongItIsValidAndWhoReadsTheKey) {
  World world;
  const auto now = std::chrono::system_clock::now();
  EXPECT_LT(world.identity()->valid_from(), now);
  EXPECT_GT(world.identity()->valid_until(), now);
  EXPECT_FALSE(world.identity()->key_readable_by_others());
  std::filesystem::permissions(world.key.path(), std::filesystem::perms(0644));
  EXPECT_TRUE(world.identity()->key_readable_by_others());
}

}  // namespace
}  // namespace sallyport::net
