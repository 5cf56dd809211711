// Which descriptors can be read or written: an edge-triggered epoll set of ours, whose turn comes on the
// loop.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>

#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/intrusive/list.hpp>
#include <sys/epoll.h>

namespace sallyport::net {

// One of an io_context, found with asio::use_service. A descriptor is registered once, for both directions,
// and never again: an operation that waits costs no system call. Of the loop's thread only (ADR 0009).
class Readiness final : public boost::asio::execution_context::service {
 public:
  static boost::asio::execution_context::id id;

  // Hears of its descriptor's edges. May be destroyed from inside ready().
  class Watched
      : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
   public:
    virtual void ready(std::uint32_t events) noexcept = 0;  // of epoll; 0: wake() asked for this turn

   protected:
    ~Watched() = default;
  };

  explicit Readiness(boost::asio::execution_context& context);
  ~Readiness() override;

  // What is true already counts as an edge. EPERM: a regular file, which never has to be waited for.
  std::error_code add(int descriptor, Watched& watched) noexcept;
  void remove(int descriptor, Watched& watched) noexcept;  // it hears nothing more

  void wake(Watched& watched);  // calls ready(0), from the loop

  // The loop goes on as long as somebody waits.
  void begin_wait();
  void end_wait() noexcept;

 private:
  using Woken = boost::intrusive::list<Watched, boost::intrusive::constant_time_size<false>>;

  void shutdown() override;
  void turn();
  void arm();

  using Executor = boost::asio::io_context::executor_type;
  boost::asio::posix::basic_stream_descriptor<Executor> set_;
  std::size_t waiting_ = 0;
  bool armed_ = false;   // Asio waits for the set
  bool posted_ = false;  // a turn is on its way
  bool turning_ = false;
  Woken woken_;
  std::array<epoll_event, 128> events_;
  std::span<epoll_event> left_;  // of the turn that runs
};

}  // namespace sallyport::net
