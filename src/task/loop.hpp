// The one I/O thread: what runs on it, its timers, and the bounded pool for work that blocks.
#pragma once

#include "base/clock.hpp"
#include "task/timers.hpp"

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace sallyport::task {

// Owns the event loop. Everything in the data plane lives on the thread that calls run(); only post() and the
// workers may be used from elsewhere.
class Loop {
 public:
  explicit Loop(const Clock& clock = system_clock(), unsigned workers = 2);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void run();   // until stop(), or until nothing is left to wait for
  void poll();  // runs what is ready, for tests
  void stop();

  void post(std::move_only_function<void()> function);  // from any thread; runs on the loop, later

  // Runs `function` on a worker. False when the queue of blocking work is full: the caller says SYS_002.
  bool work(std::move_only_function<void()> function);

  Timers& timers() noexcept;
  SteadyTime now() const;
  const Clock& clock() const noexcept;
  boost::asio::io_context& context() noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sallyport::task
