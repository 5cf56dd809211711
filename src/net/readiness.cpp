#include "net/readiness.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

namespace sallyport::net {
namespace asio = boost::asio;

asio::execution_context::id Readiness::id;

Readiness::Readiness(asio::execution_context& context)
    : service(context), set_(static_cast<asio::io_context&>(context).get_executor()) {
  set_.assign(::epoll_create1(EPOLL_CLOEXEC));
}

Readiness::~Readiness() = default;

void Readiness::shutdown() {
  boost::system::error_code ignored;
  set_.close(ignored);
}

std::error_code Readiness::add(int descriptor, Watched& watched) noexcept {
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = &watched}};
  if (::epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, descriptor, &event) == 0) return {};
  return {errno, std::system_category()};
}

void Readiness::remove(int descriptor, Watched& watched) noexcept {
  ::epoll_ctl(set_.native_handle(), EPOLL_CTL_DEL, descriptor, nullptr);
  for (epoll_event& event : left_) {
    if (event.data.ptr == &watched) event.data.ptr = nullptr;
  }
}

void Readiness::wake(Watched& watched) {
  if (!watched.is_linked()) woken_.push_back(watched);
  if (turning_ || std::exchange(posted_, true)) return;
  asio::post(set_.get_executor(), [this] {
    posted_ = false;
    turn();
  });
}

void Readiness::begin_wait() {
  ++waiting_;
  if (!turning_) arm();
}

void Readiness::end_wait() noexcept {
  if (--waiting_ > 0 || turning_ || !armed_) return;
  boost::system::error_code ignored;
  set_.cancel(ignored);
}

void Readiness::arm() {
  if (armed_ || waiting_ == 0) return;
  armed_ = true;
  set_.async_wait(set_.wait_read, [this](const boost::system::error_code& error) {
    armed_ = false;
    if (error) return arm();  // cancelled, and somebody waits again by now
    turn();
  });
}

// What is woken meanwhile has its turn in the next one, so that a stream that is always ready holds up
// nobody.
void Readiness::turn() {
  turning_ = true;
  Woken woken;
  woken.swap(woken_);
  while (!woken.empty()) {
    Watched& next = woken.front();
    woken.pop_front();
    next.ready(0);
  }
  const int count = ::epoll_wait(set_.native_handle(), events_.data(), static_cast<int>(events_.size()), 0);
  left_ = std::span(events_).first(static_cast<std::size_t>(std::max(count, 0)));
  while (!left_.empty()) {
    const epoll_event event = left_.front();
    left_ = left_.subspan(1);
    if (event.data.ptr) static_cast<Watched*>(event.data.ptr)->ready(event.events);
  }
  turning_ = false;
  if (!woken_.empty() && !std::exchange(posted_, true)) {
    asio::post(set_.get_executor(), [this] {
      posted_ = false;
      turn();
    });
  }
  arm();
}

}  // namespace sallyport::net
