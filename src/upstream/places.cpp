#include "upstream/places.hpp"

namespace sallyport::upstream {
namespace {

Error no_room(std::uint32_t limit) {
  return Error(Code::limit_too_many_instances)
      .with_executed(Executed::no)
      .with_can_retry(true)
      .with_retry_after(std::chrono::seconds(10))
      .with_slot(Slot::limit, limit);
}

}  // namespace

Result<void> Places::take(std::string_view principal, bool child, const Bounds& bounds) {
  if (child && children_ >= bounds.children) return fail(no_room(bounds.children));
  const auto mine = by_principal_.try_emplace(std::string(principal)).first;
  if (mine->second >= bounds.per_principal) {
    if (mine->second == 0) by_principal_.erase(mine);
    return fail(no_room(bounds.per_principal));
  }
  ++mine->second;
  if (child) ++children_;
  return {};
}

void Places::give(std::string_view principal, bool child) noexcept {
  const auto mine = by_principal_.find(std::string(principal));
  if (--mine->second == 0) by_principal_.erase(mine);
  if (child) --children_;
}

}  // namespace sallyport::upstream
