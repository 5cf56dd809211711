#include "net/listener.hpp"

#include "net/asio_stream.hpp"

#include <boost/asio/ip/tcp.hpp>

namespace sallyport::net {
namespace asio = boost::asio;
namespace {
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type>;
using TcpSocket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;
constexpr std::chrono::milliseconds exhausted_pause{100};
}  // namespace

struct Listener::State : std::enable_shared_from_this<State> {
  State(task::Loop& l, Accept a)
      : loop(l), accept(std::move(a)), acceptor(l.context().get_executor()), pause(l.timers()) {}

  void next() {
    acceptor.async_accept([self = shared_from_this()](const boost::system::error_code& error,
                                                      TcpSocket socket) {
      if (!self->acceptor.is_open()) return;
      if (!error) {
        self->take(std::move(socket));
      } else if (error != asio::error::connection_aborted) {
        // Out of descriptors or memory: the backlog waits, and so do we.
        return self->pause.start(self->loop.now() + exhausted_pause, [state = self.get()] { state->next(); });
      }
      self->next();
    });
  }

  void take(TcpSocket socket) {
    boost::system::error_code error;
    const auto remote = socket.remote_endpoint(error);
    if (error) return;
    socket.set_option(asio::ip::tcp::no_delay(true), error);
    Peer peer{remote.address().to_string(), remote.address().is_loopback()};
    accept(make_stream(Socket(std::move(socket))), std::move(peer));
  }

  task::Loop& loop;
  Accept accept;
  Acceptor acceptor;
  task::Timer pause;
};

Listener::Listener(std::shared_ptr<State> state) : state_(std::move(state)) {}

Listener::~Listener() {
  close();
}

Result<std::unique_ptr<Listener>> Listener::open(task::Loop& loop, const std::string& host,
                                                 std::uint16_t port, Accept accept) {
  auto state = std::make_shared<State>(loop, std::move(accept));
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
  const asio::ip::tcp::endpoint endpoint(address, port);
  if (!error) state->acceptor.open(endpoint.protocol(), error);
  if (!error) state->acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) state->acceptor.bind(endpoint, error);
  if (!error) state->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return fail(Error(Code::system_operation_failed)
                    .with_executed(Executed::no)
                    .with_developer_message("cannot listen on " + host + ":" + std::to_string(port) + ": " +
                                            error.message()));
  }
  state->next();
  return std::unique_ptr<Listener>(new Listener(std::move(state)));
}

std::uint16_t Listener::port() const noexcept {
  boost::system::error_code ignored;
  return state_->acceptor.local_endpoint(ignored).port();
}

void Listener::close() noexcept {
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
  state_->pause.cancel();
}

}  // namespace sallyport::net
