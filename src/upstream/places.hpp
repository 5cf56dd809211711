// How many instances of isolated servers there may be, of all servers together.
#pragma once

#include "errors/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace sallyport::upstream {

class Places {
 public:
  struct Bounds {
    std::uint32_t children = 0;       // of instances that are child processes
    std::uint32_t per_principal = 0;  // of all instances of one principal
  };

  // LIMIT_012 when there is none.
  Result<void> take(std::string_view principal, bool child, const Bounds& bounds);
  void give(std::string_view principal, bool child) noexcept;
  std::uint32_t children() const noexcept { return children_; }

 private:
  std::unordered_map<std::string, std::uint32_t> by_principal_;
  std::uint32_t children_ = 0;
};

}  // namespace sallyport::upstream
