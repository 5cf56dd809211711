// An object that coroutine frames hold in a test: what is alive at its end was leaked.
#pragma once

namespace sallyport::testing {

struct Counted {
  Counted() noexcept { ++live; }
  Counted(const Counted&) noexcept { ++live; }
  Counted& operator=(const Counted&) noexcept = default;
  ~Counted() { --live; }

  static inline int live = 0;
};

}  // namespace sallyport::testing
