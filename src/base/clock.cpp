#include "base/clock.hpp"

namespace sallyport {
namespace {

class RealClock final : public Clock {
 public:
  SteadyTime now() const override { return std::chrono::steady_clock::now(); }
  SystemTime system_now() const override { return std::chrono::system_clock::now(); }
};

}  // namespace

const Clock& system_clock() noexcept {
  static const RealClock clock;
  return clock;
}

}  // namespace sallyport
