// A place among the requests of a server, held while it lives.
#pragma once

#include "task/wait.hpp"

#include <cstdint>

namespace sallyport::upstream {

// `last` is set when nobody holds one any more.
class Place {
 public:
  Place(std::uint32_t& taken, task::Event* const& last) noexcept : taken_(taken), last_(last) { ++taken_; }
  ~Place() {
    if (--taken_ == 0 && last_) last_->set();
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  std::uint32_t& taken_;
  task::Event* const& last_;
};

}  // namespace sallyport::upstream
