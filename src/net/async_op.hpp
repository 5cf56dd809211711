// Awaits one Asio operation: the bridge for operations that are too rare to have an awaiter of their own.
#pragma once

#include "net/failure.hpp"
#include "task/wait.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/system/error_code.hpp>

namespace sallyport::net {

// `co_await AsyncOp(start, phase)`: start(handler) begins an operation whose handler takes an error_code (and
// perhaps more, which is dropped). -> Result<void>
template <class Start>
class AsyncOp final : public task::Wait {
 public:
  AsyncOp(Start start, Phase phase) : start_(std::move(start)), phase_(phase) {}
  Result<void> await_resume() {
    if (done_ && !error_) return {};
    if (interrupted()) return fail(scope_error().with_phase(phase_));
    return fail(transport_failure(std::error_code(error_), phase_));
  }

 private:
  bool begin() override {
    start_(boost::asio::bind_cancellation_slot(signal_.slot(),
                                               [this](boost::system::error_code error, auto&&...) {
                                                 error_ = error;
                                                 done_ = true;
                                                 resume();
                                               }));
    return true;
  }
  void interrupt() noexcept override {
    mark_interrupted();
    signal_.emit(boost::asio::cancellation_type::all);  // composed operations heed `terminal` only
  }

  Start start_;
  Phase phase_;
  boost::asio::cancellation_signal signal_;
  boost::system::error_code error_;
  bool done_ = false;
};

}  // namespace sallyport::net
