// Cancellation: a scope knows what its coroutine waits for, and can interrupt it.
#pragma once

#include "errors/error.hpp"

#include <cstdint>

namespace sallyport::task {

// Why a scope was cancelled; decides which error the layers above make of it.
enum class CancelReason : std::uint8_t { client, deadline, shutdown, superseded };

// Something that a coroutine is suspended in and that can be cut short. `interrupt` makes the wait end soon,
// with Code::proto_cancelled, never from inside the call itself unless nothing else is touched afterwards.
class Interruptible {
 public:
  virtual void interrupt() noexcept = 0;

 protected:
  ~Interruptible() = default;
};

// One chain of awaits. A coroutine inherits the scope of the one that awaits it; spawn makes a root,
// with_deadline and gather make nested ones. Not thread-safe: a scope belongs to its loop.
//
// Contract: once cancelled, every wait of the chain ends with Code::proto_cancelled, those that begin later
// at once. Clean-up that has to wait runs in a scope of its own (Group::spawn), not in the cancelled one.
class Scope final : public Interruptible {
 public:
  Scope() = default;
  explicit Scope(Scope& parent);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  void cancel(CancelReason reason) noexcept;  // the first reason stays
  bool cancelled() const noexcept { return cancelled_; }
  CancelReason reason() const noexcept { return reason_; }

  // The error that a wait in this cancelled scope ends with. Executed is `maybe` until somebody who knows
  // says more.
  Error error() const;

  // A leaf registers while it waits. At most one thing waits in a scope at any time.
  void enter(Interruptible& wait) noexcept { waiting_ = &wait; }
  void leave() noexcept { waiting_ = nullptr; }

 private:
  void interrupt() noexcept override;

  Scope* parent_ = nullptr;
  Interruptible* waiting_ = nullptr;
  bool cancelled_ = false;
  CancelReason reason_ = CancelReason::client;
};

}  // namespace sallyport::task
