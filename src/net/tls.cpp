#include "net/tls.hpp"

#include "classify/tls.hpp"
#include "net/async_op.hpp"

#include <algorithm>
#include <vector>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <poll.h>

namespace sallyport::net {
namespace asio = boost::asio;

struct TlsTrust::Impl {
  asio::ssl::context context{asio::ssl::context::tls_client};
};

TlsTrust::TlsTrust(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsTrust::~TlsTrust() = default;

Result<std::shared_ptr<TlsTrust>> TlsTrust::load(const std::string& ca) {
  auto impl = std::make_unique<Impl>();
  boost::system::error_code error;
  impl->context.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, error);
  impl->context.set_verify_mode(asio::ssl::verify_peer, error);
  if (ca.empty()) {
    impl->context.set_default_verify_paths(error);
  } else {
    impl->context.load_verify_file(ca, error);
  }
  if (error) {
    return fail(
        Error(Code::config_invalid)
            .with_executed(Executed::no)
            .with_phase(Phase::tls)
            .with_developer_message("cannot read the certificates of " + ca + ": " + error.message()));
  }
  return std::shared_ptr<TlsTrust>(new TlsTrust(std::move(impl)));
}

namespace {

using SslStream = asio::ssl::stream<Socket>;
constexpr std::size_t read_buffer = 16 * 1024;  // a record's worth
constexpr std::size_t write_buffer = 64 * 1024;

struct State : std::enable_shared_from_this<State> {
  State(Socket socket, std::shared_ptr<TlsTrust> t)
      : trust(std::move(t)), ssl(std::move(socket), trust->impl().context) {}

  std::shared_ptr<TlsTrust> trust;  // before the stream that uses its context
  SslStream ssl;
  asio::cancellation_signal cancel_read;
  Completion* reading = nullptr;
  Completion* writing = nullptr;
  std::vector<char> received;
  std::string sending;
  bool busy = false;
  std::error_code write_error;
};

// Records are made from a copy of what is written: OpenSSL wants the same bytes again after a wait. Reading
// goes through a buffer of ours too: Asio decrypts in the handler, when the reader's buffer may be gone.
class TlsStream final : public Stream {
 public:
  explicit TlsStream(std::shared_ptr<State> state) : state_(std::move(state)) {}
  ~TlsStream() override {
    state_->reading = nullptr;
    state_->writing = nullptr;
    close();
  }

  void start_read(std::span<char> buffer, Completion& completion) override {
    state_->reading = &completion;
    state_->received.resize(read_buffer);
    state_->ssl.async_read_some(
        asio::buffer(state_->received.data(), std::min(buffer.size(), read_buffer)),
        asio::bind_cancellation_slot(
            state_->cancel_read.slot(),
            [state = state_, buffer](const boost::system::error_code& error, std::size_t bytes) {
              Completion* waiting = std::exchange(state->reading, nullptr);
              if (!waiting) return;
              std::copy_n(state->received.begin(), bytes, buffer.begin());
              waiting->done(error == asio::error::eof ? std::error_code() : std::error_code(error), bytes);
            }));
  }
  // A composed operation heeds `terminal` only.
  void cancel_read() noexcept override { state_->cancel_read.emit(asio::cancellation_type::terminal); }

  WriteAttempt try_write(std::span<const iovec> pieces) noexcept override {
    if (state_->write_error) return {0, state_->write_error};
    if (state_->busy) return {0, std::make_error_code(std::errc::operation_would_block)};
    state_->sending.clear();
    for (const iovec& part : pieces) {
      const std::size_t room = write_buffer - state_->sending.size();
      state_->sending.append(static_cast<const char*>(part.iov_base), std::min(room, part.iov_len));
    }
    state_->busy = true;
    asio::async_write(state_->ssl, asio::buffer(state_->sending),
                      [state = state_](const boost::system::error_code& error, std::size_t) {
                        state->busy = false;
                        state->write_error = error;
                        if (Completion* waiting = std::exchange(state->writing, nullptr)) {
                          waiting->done(std::error_code(error), 0);
                        }
                      });
    return {state_->sending.size(), {}};
  }
  void start_writable(Completion& completion) override { state_->writing = &completion; }
  void cancel_write() noexcept override {
    // Half a record may be out: nothing more can be said on this connection.
    close();
  }
  void abandon_write() noexcept override { state_->writing = nullptr; }

  void shutdown_write() noexcept override {
    boost::system::error_code ignored;
    state_->ssl.lowest_layer().shutdown(Socket::shutdown_send, ignored);
  }
  void close() noexcept override {
    boost::system::error_code ignored;
    state_->ssl.lowest_layer().close(ignored);
  }
  bool readable() const noexcept override {
    if (!state_->ssl.lowest_layer().is_open() || ::SSL_pending(state_->ssl.native_handle()) > 0) return true;
    pollfd poll_fd{state_->ssl.lowest_layer().native_handle(), POLLIN | POLLRDHUP, 0};
    return ::poll(&poll_fd, 1, 0) != 0;
  }

 private:
  std::shared_ptr<State> state_;
};

}  // namespace

Task<std::unique_ptr<Stream>> tls_handshake(Socket socket, std::string host,
                                            std::shared_ptr<TlsTrust> trust) {
  auto state = std::make_shared<State>(std::move(socket), std::move(trust));
  boost::system::error_code error;
  const bool is_address = (asio::ip::make_address(host, error), !error);
  if (!is_address)
    ::SSL_set_tlsext_host_name(state->ssl.native_handle(), host.c_str());  // RFC 6066: names only
  state->ssl.set_verify_callback(asio::ssl::host_name_verification(host), error);
  boost::system::error_code outcome;
  const Result<void> done = co_await AsyncOp(
      [&](auto handler) {
        const auto slot = asio::get_associated_cancellation_slot(handler);
        state->ssl.async_handshake(
            asio::ssl::stream_base::client,
            asio::bind_cancellation_slot(
                slot, [&outcome, inner = std::move(handler)](boost::system::error_code e) mutable {
                  outcome = e;
                  inner(e);
                }));
      },
      Phase::tls);
  if (done) co_return std::make_unique<TlsStream>(std::move(state));
  if (done.error().code() == Code::proto_cancelled || outcome.category() != asio::error::get_ssl_category()) {
    co_return Failure(Error(done.error()).with_executed(Executed::no));
  }
  const std::string text = outcome.message();
  classify::Context context;
  context.phase = Phase::tls;
  context.executed = Executed::no;
  context.detail = text;
  co_return Failure(classify::from_tls({.verify_result = ::SSL_get_verify_result(state->ssl.native_handle()),
                                        .error = static_cast<unsigned long>(outcome.value())},
                                       context));
}

}  // namespace sallyport::net
