#include "net/signals.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

namespace sallyport::net {

struct Signals::State : std::enable_shared_from_this<State> {
  State(task::Loop& loop, std::function<void(int)> f) : set(loop.context()), function(std::move(f)) {}

  void next() {
    set.async_wait([self = shared_from_this()](const boost::system::error_code& error, int number) {
      if (error) return;
      self->function(number);
      self->next();
    });
  }

  boost::asio::signal_set set;
  std::function<void(int)> function;
};

Signals::Signals(task::Loop& loop, std::initializer_list<int> numbers, std::function<void(int)> function)
    : state_(std::make_shared<State>(loop, std::move(function))) {
  for (const int number : numbers) state_->set.add(number);
  state_->next();
}

Signals::~Signals() {
  boost::system::error_code ignored;
  state_->set.cancel(ignored);
}

}  // namespace sallyport::net
