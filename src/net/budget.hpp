// A bound on the bytes that are held for messages in transit (`limits.buffered`).
#pragma once

#include "errors/error.hpp"

#include <cstdint>
#include <utility>

namespace sallyport::net {

// Of one loop; not thread-safe. What does not fit is refused by whoever asks: nothing waits for memory.
class Budget {
 public:
  explicit Budget(std::uint64_t limit) noexcept : limit_(limit) {}

  // Bytes held until the charge is dropped.
  class Charge {
   public:
    Charge() = default;
    Charge(Charge&& other) noexcept : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
    Charge& operator=(Charge&& other) noexcept {
      if (this == &other) return *this;
      release();
      budget_ = other.budget_;
      bytes_ = std::exchange(other.bytes_, 0);
      return *this;
    }
    ~Charge() { release(); }

    // Takes `bytes` more; false, and nothing changes, if they are not there. A charge of no budget has no
    // bound.
    bool grow(std::uint64_t bytes) noexcept {
      if (!budget_) return true;
      if (budget_->used_ > budget_->limit_ || bytes > budget_->limit_ - budget_->used_) return false;
      budget_->used_ += bytes;
      bytes_ += bytes;
      return true;
    }
    // To this many bytes in all; false, and nothing changes, if they are not there.
    bool resize(std::uint64_t bytes) noexcept {
      if (bytes > bytes_) return grow(bytes - bytes_);
      if (budget_) budget_->used_ -= bytes_ - bytes;
      bytes_ = bytes;
      return true;
    }
    void release() noexcept {
      if (budget_) budget_->used_ -= std::exchange(bytes_, 0);
    }

   private:
    friend Budget;
    explicit Charge(Budget& budget) noexcept : budget_(&budget) {}
    Budget* budget_ = nullptr;
    std::uint64_t bytes_ = 0;
  };

  // What is held already stays held.
  void set_limit(std::uint64_t limit) noexcept { limit_ = limit; }

  Charge charge() noexcept { return Charge(*this); }
  std::uint64_t used() const noexcept { return used_; }

 private:
  std::uint64_t limit_;
  std::uint64_t used_ = 0;
};

// Of a message of the other side that has come in part, and has no room.
inline Error no_room() {
  return Error(Code::system_resource_exhausted).with_executed(Executed::maybe).with_phase(Phase::receive);
}

}  // namespace sallyport::net
