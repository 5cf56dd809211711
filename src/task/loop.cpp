#include "task/loop.hpp"

#include <atomic>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

namespace sallyport::task {
namespace asio = boost::asio;
namespace {

constexpr int max_queued_work = 1024;

class AsioTimers final : public Timers {
 public:
  AsioTimers(asio::io_context& context, const Clock& clock) : Timers(clock), timer_(context) {}

 private:
  void arm(SteadyTime when) override {
    if (armed_ && armed_until_ <= when) return;
    armed_ = true;
    armed_until_ = when;
    timer_.expires_after(when - now());  // relative: the injected clock need not be the machine's
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;  // re-armed for an earlier time
      armed_ = false;
      fire();
    });
  }

  asio::steady_timer timer_;
  bool armed_ = false;
  SteadyTime armed_until_{};
};

}  // namespace

struct Loop::Impl {
  Impl(const Clock& c, unsigned workers) : clock(c), timers(context, c), worker_count(workers) {}

  const Clock& clock;
  asio::io_context context{1};
  AsioTimers timers;
  unsigned worker_count;
  std::atomic<int> queued{0};
  std::unique_ptr<asio::thread_pool> pool;  // made when first needed: a loop that never blocks has one thread
};

Loop::Loop(const Clock& clock, unsigned workers) : impl_(std::make_unique<Impl>(clock, workers)) {}

Loop::~Loop() {
  if (!impl_->pool) return;
  impl_->pool->stop();  // what has not begun is dropped; what has is waited for
  impl_->pool->join();
}

void Loop::run() {
  impl_->context.run();
}

void Loop::poll() {
  impl_->context.restart();
  impl_->context.poll();
}

void Loop::stop() {
  impl_->context.stop();
}

void Loop::post(std::move_only_function<void()> function) {
  asio::post(impl_->context, std::move(function));
}

bool Loop::work(std::move_only_function<void()> function) {
  if (impl_->queued.fetch_add(1) >= max_queued_work) {
    impl_->queued.fetch_sub(1);
    return false;
  }
  if (!impl_->pool) impl_->pool = std::make_unique<asio::thread_pool>(impl_->worker_count);
  // The guard keeps run() from returning while a worker still has an answer to bring back.
  asio::post(*impl_->pool,
             [this, guard = asio::make_work_guard(impl_->context), run = std::move(function)]() mutable {
               run();
               impl_->queued.fetch_sub(1);
             });
  return true;
}

Timers& Loop::timers() noexcept {
  return impl_->timers;
}
SteadyTime Loop::now() const {
  return impl_->clock.now();
}
const Clock& Loop::clock() const noexcept {
  return impl_->clock;
}
asio::io_context& Loop::context() noexcept {
  return impl_->context;
}

}  // namespace sallyport::task
