// Memory that is taken and given back with every call.
#pragma once

#include <cstddef>

namespace sallyport::task {

// A base of what is made and dropped all the time: its memory is used again, by size and per thread, as that
// of coroutines is.
struct Recycled {
  static void* operator new(std::size_t size);
  static void operator delete(void* memory, std::size_t size) noexcept;
};

}  // namespace sallyport::task
