#include "base/ids.hpp"

#include "base/strings.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <sys/random.h>

namespace sallyport {
namespace {

void fill_from_kernel(std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t count = ::getrandom(out.data(), out.size(), 0);
    if (count < 0) {
      if (errno == EINTR) continue;
      std::abort();  // guessable ids are worse than none
    }
    out = out.subspan(static_cast<std::size_t>(count));
  }
}

// 256 ids for one system call.
struct Pool {
  std::array<std::byte, 4096> bytes;
  std::size_t left = 0;
};

thread_local Pool pool;

}  // namespace

void random_bytes(std::span<std::byte> out) {
  if (out.empty()) return;
  if (out.size() > pool.bytes.size()) return fill_from_kernel(out);
  if (out.size() > pool.left) {
    fill_from_kernel(pool.bytes);
    pool.left = pool.bytes.size();
  }
  std::byte* from = pool.bytes.data() + (pool.left - out.size());
  std::memcpy(out.data(), from, out.size());
  ::explicit_bzero(from, out.size());
  pool.left -= out.size();
}

std::uint64_t random_u64() {
  std::uint64_t value;
  random_bytes(std::as_writable_bytes(std::span(&value, 1)));
  return value;
}

double random_share() {
  return static_cast<double>(random_u64() >> 11) * 0x1.0p-53;
}

CorrelationId CorrelationId::make() {
  CorrelationId id;
  random_bytes(id.bytes);
  return id;
}

std::string CorrelationId::hex() const {
  return sallyport::hex(bytes);
}

std::string new_session_id() {
  return CorrelationId::make().hex();
}

}  // namespace sallyport
