#include "net/asio_stream.hpp"

#include "net/pipe.hpp"

#include <algorithm>
#include <climits>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sallyport::net {
namespace asio = boost::asio;
namespace {

ssize_t write_now(const Socket& socket, std::span<const iovec> pieces) noexcept {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = pieces.size();
  return ::sendmsg(const_cast<Socket&>(socket).native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

ssize_t write_now(const Descriptor& descriptor, std::span<const iovec> pieces) noexcept {
  return ::writev(const_cast<Descriptor&>(descriptor).native_handle(), pieces.data(),
                  static_cast<int>(pieces.size()));
}

void shut_write(Socket& socket) noexcept {
  boost::system::error_code ignored;
  socket.shutdown(Socket::shutdown_send, ignored);
}

void shut_write(Descriptor& descriptor) noexcept {
  boost::system::error_code ignored;
  descriptor.close(ignored);
}

// The part that pending operations share: it outlives the stream until Asio has let go of them.
template <class Io>
struct State : std::enable_shared_from_this<State<Io>> {
  explicit State(Io handle) : io(std::move(handle)) {}

  Io io;
  asio::cancellation_signal cancel_read;
  asio::cancellation_signal cancel_write;
  Completion* reading = nullptr;
  Completion* writing = nullptr;
};

template <class Io>
class AsioStream final : public Stream {
 public:
  explicit AsioStream(Io io) : state_(std::make_shared<State<Io>>(std::move(io))) {}
  ~AsioStream() override {
    state_->reading = nullptr;
    state_->writing = nullptr;
    close();
  }

  void start_read(std::span<char> buffer, Completion& completion) override {
    state_->reading = &completion;
    state_->io.async_read_some(
        asio::buffer(buffer.data(), buffer.size()),
        asio::bind_cancellation_slot(
            state_->cancel_read.slot(),
            [state = state_](const boost::system::error_code& error, std::size_t bytes) {
              Completion* waiting = std::exchange(state->reading, nullptr);
              if (!waiting) return;
              const bool end = error == asio::error::eof;
              waiting->done(end ? std::error_code() : std::error_code(error), bytes);
            }));
  }

  void cancel_read() noexcept override { state_->cancel_read.emit(asio::cancellation_type::total); }

  WriteAttempt try_write(std::span<const iovec> pieces) noexcept override {
    for (;;) {
      const ssize_t n = write_now(state_->io, pieces.first(std::min<std::size_t>(pieces.size(), IOV_MAX)));
      if (n >= 0) return {static_cast<std::size_t>(n), {}};
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK)
        return {0, std::make_error_code(std::errc::operation_would_block)};
      return {0, std::error_code(errno, std::system_category())};
    }
  }

  void start_writable(Completion& completion) override {
    state_->writing = &completion;
    state_->io.async_wait(Io::wait_write, asio::bind_cancellation_slot(
                                              state_->cancel_write.slot(),
                                              [state = state_](const boost::system::error_code& error) {
                                                Completion* waiting = std::exchange(state->writing, nullptr);
                                                if (waiting) waiting->done(std::error_code(error), 0);
                                              }));
  }

  void cancel_write() noexcept override { state_->cancel_write.emit(asio::cancellation_type::total); }
  void abandon_write() noexcept override {
    state_->writing = nullptr;
    cancel_write();
  }
  void shutdown_write() noexcept override { shut_write(state_->io); }

  void close() noexcept override {
    boost::system::error_code ignored;
    state_->io.close(ignored);
  }

  bool readable() const noexcept override {
    if (!state_->io.is_open()) return true;
    pollfd poll_fd{state_->io.native_handle(), POLLIN | POLLRDHUP, 0};
    return ::poll(&poll_fd, 1, 0) != 0;
  }

 private:
  std::shared_ptr<State<Io>> state_;
};

}  // namespace

std::unique_ptr<Stream> make_stream(Socket socket) {
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  return std::make_unique<AsioStream<Socket>>(std::move(socket));
}

std::unique_ptr<Stream> make_stream(Descriptor descriptor) {
  boost::system::error_code ignored;
  descriptor.non_blocking(true, ignored);
  return std::make_unique<AsioStream<Descriptor>>(std::move(descriptor));
}

std::unique_ptr<Stream> open_pipe(task::Loop& loop, UniqueFd descriptor) {
  Descriptor io(loop.context().get_executor());
  boost::system::error_code error;
  io.assign(descriptor.get(), error);
  if (error) return nullptr;
  (void)descriptor.release();
  return make_stream(std::move(io));
}

}  // namespace sallyport::net
