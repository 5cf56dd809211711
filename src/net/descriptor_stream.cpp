#include "net/asio_stream.hpp"
#include "net/pipe.hpp"
#include "net/readiness.hpp"

#include <algorithm>
#include <climits>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace sallyport::net {
namespace asio = boost::asio;
namespace {

std::error_code last_error() noexcept {
  return {errno, std::system_category()};
}
std::error_code cancelled_error() noexcept {
  return {ECANCELED, std::system_category()};
}

// Whether a read that fills less than its buffer has taken all there was. Not so where reads end at the
// borders of records: terminals, Unix sockets with descriptors in between, pipes of packets.
bool short_read_empties(int descriptor, bool is_socket) noexcept {
  if (is_socket) {
    int domain = 0;
    socklen_t size = sizeof domain;
    return ::getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
           (domain == AF_INET || domain == AF_INET6);
  }
  struct stat status{};
  return ::fstat(descriptor, &status) == 0 && S_ISFIFO(status.st_mode) &&
         (::fcntl(descriptor, F_GETFL) & O_DIRECT) == 0;
}

// Reads when there is something to read and not to find out whether there is: an edge says so, a read that
// comes back short ends it. The end of a stream has an edge of its own (EPOLLRDHUP), which stays.
class DescriptorStream final : public Stream, private Readiness::Watched {
 public:
  DescriptorStream(Readiness& readiness, UniqueFd descriptor, bool is_socket) noexcept
      : readiness_(readiness),
        fd_(std::move(descriptor)),
        is_socket_(is_socket),
        short_empties_(short_read_empties(fd_.get(), is_socket)) {}
  ~DescriptorStream() override {
    forget(reading_);
    forget(writing_);
    close();
  }

  // False with errno when it cannot be read or written at all.
  bool watch() noexcept {
    const std::error_code error = readiness_.add(fd_.get(), *this);
    if (error.value() == EPERM) readable_ = ended_ = writable_ = true;  // a regular file
    return !error || error.value() == EPERM;
  }

  void start_read(std::span<char> buffer, Completion& completion) override {
    buffer_ = buffer;
    cancel_read_ = false;
    begin(reading_, completion, readable_);
  }
  void cancel_read() noexcept override {
    if (!reading_) return;
    cancel_read_ = true;
    readiness_.wake(*this);
  }

  WriteAttempt try_write(std::span<const iovec> pieces) noexcept override {
    for (;;) {
      const ssize_t n = write_now(pieces.first(std::min<std::size_t>(pieces.size(), IOV_MAX)));
      if (n >= 0) return {static_cast<std::size_t>(n), {}};
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return {0, last_error()};
      writable_ = false;
      return {0, std::make_error_code(std::errc::operation_would_block)};
    }
  }
  void start_writable(Completion& completion) override {
    cancel_write_ = false;
    begin(writing_, completion, writable_);
  }
  void cancel_write() noexcept override {
    if (!writing_) return;
    cancel_write_ = true;
    readiness_.wake(*this);
  }
  void abandon_write() noexcept override { forget(writing_); }

  void shutdown_write() noexcept override {
    if (is_socket_) {
      ::shutdown(fd_.get(), SHUT_WR);
    } else {
      close();
    }
  }

  void close() noexcept override {
    if (!fd_) return;
    readiness_.remove(fd_.get(), *this);
    fd_.reset();
    if (reading_ || writing_) readiness_.wake(*this);  // they end as cancelled
  }

  bool readable() const noexcept override {
    if (!fd_) return true;
    if (short_empties_ && !readable_) return false;
    pollfd poll_fd{fd_.get(), POLLIN | POLLRDHUP, 0};
    return ::poll(&poll_fd, 1, 0) != 0;
  }

 private:
  void begin(Completion*& place, Completion& completion, bool now) {
    place = &completion;
    readiness_.begin_wait();
    if (now || !fd_) readiness_.wake(*this);
  }
  void forget(Completion*& place) noexcept {
    if (std::exchange(place, nullptr)) readiness_.end_wait();
  }
  // Nothing of this object may be touched afterwards.
  void complete(Completion*& place, std::error_code error, std::size_t bytes) noexcept {
    Completion& completion = *std::exchange(place, nullptr);
    readiness_.end_wait();
    completion.done(error, bytes);
  }

  void ready(std::uint32_t events) noexcept override {
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) readable_ = true;
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) ended_ = true;
    if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) writable_ = true;
    if (reading_ && cancel_read_) readable_ = true;  // one last look
    const bool read = reading_ && (readable_ || !fd_);
    const bool write = writing_ && (writable_ || cancel_write_ || !fd_);
    if (read && write) readiness_.wake(*this);  // one at a time: it may be the end of this object
    if (write) {
      const bool given_up = cancel_write_ || !fd_;
      return complete(writing_, given_up ? cancelled_error() : std::error_code(), 0);
    }
    if (read) finish_read();
  }

  // What has come is handed out even to a read that was cancelled, so that it is not lost.
  void finish_read() noexcept {
    if (!fd_) return complete(reading_, cancelled_error(), 0);
    while (readable_) {
      const ssize_t n = read_now();
      if (n >= 0) {
        const auto bytes = static_cast<std::size_t>(n);
        if (short_empties_ && !ended_ && bytes < buffer_.size()) readable_ = false;
        return complete(reading_, {}, bytes);
      }
      if (errno == EAGAIN)
        readable_ = false;
      else if (errno != EINTR)
        return complete(reading_, last_error(), 0);
    }
    if (cancel_read_) complete(reading_, cancelled_error(), 0);
  }

  ssize_t read_now() const noexcept {
    if (is_socket_) return ::recv(fd_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    return ::read(fd_.get(), buffer_.data(), buffer_.size());
  }
  ssize_t write_now(std::span<const iovec> pieces) const noexcept {
    if (is_socket_ && pieces.size() == 1)
      return ::send(fd_.get(), pieces[0].iov_base, pieces[0].iov_len, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (!is_socket_) return ::writev(fd_.get(), pieces.data(), static_cast<int>(pieces.size()));
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces.data());
    message.msg_iovlen = pieces.size();
    return ::sendmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  Readiness& readiness_;
  UniqueFd fd_;
  bool is_socket_;
  bool short_empties_;
  bool readable_ = false;  // there may be something to read
  bool writable_ = false;
  bool ended_ =
      false;  // the peer writes no more, or the connection broke: there will always be something to read
  bool cancel_read_ = false;
  bool cancel_write_ = false;
  Completion* reading_ = nullptr;
  Completion* writing_ = nullptr;
  std::span<char> buffer_;
};

std::unique_ptr<Stream> watched_stream(asio::io_context& context, UniqueFd descriptor, bool is_socket) {
  auto stream = std::make_unique<DescriptorStream>(asio::use_service<Readiness>(context),
                                                   std::move(descriptor), is_socket);
  if (!stream->watch()) stream->close();
  return stream;
}

}  // namespace

std::unique_ptr<Stream> make_stream(Socket socket) {
  boost::system::error_code ignored;
  asio::io_context& context = socket.get_executor().context();
  return watched_stream(context, UniqueFd(socket.release(ignored)), true);
}

std::unique_ptr<Stream> open_pipe(task::Loop& loop, UniqueFd descriptor) {
  const int flags = ::fcntl(descriptor.get(), F_GETFL);
  if (flags < 0) return nullptr;
  ::fcntl(descriptor.get(), F_SETFL, flags | O_NONBLOCK);
  return watched_stream(loop.context(), std::move(descriptor), false);
}

}  // namespace sallyport::net
