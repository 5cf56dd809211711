#include "task/scope.hpp"

namespace sallyport::task {

Scope::Scope(Scope& parent) : parent_(&parent), cancelled_(parent.cancelled_), reason_(parent.reason_) {
  parent.enter(*this);
}

Scope::~Scope() {
  if (parent_) parent_->leave();
}

void Scope::cancel(CancelReason reason) noexcept {
  if (cancelled_) return;
  cancelled_ = true;
  reason_ = reason;
  if (waiting_) waiting_->interrupt();
}

void Scope::interrupt() noexcept {
  cancel(parent_->reason());
}

Error Scope::error() const {
  Error error(Code::proto_cancelled);
  error.with_can_retry(false);
  return error;
}

}  // namespace sallyport::task
