#include "net/descriptor_limit.hpp"

#include <sys/resource.h>

namespace sallyport::net {
namespace {

std::uint64_t original = 0;

}  // namespace

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0) original = before;
}

std::uint64_t original_descriptor_limit() noexcept {
  return original;
}

}  // namespace sallyport::net
