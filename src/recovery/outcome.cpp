#include "recovery/outcome.hpp"

#include <array>
#include <cstddef>

namespace sallyport::recovery {
namespace {

constexpr std::array<std::string_view, 7> names = {"recovered", "gave_up",   "not_repeatable", "no_budget",
                                                   "no_time",   "abandoned", "alerted"};
static_assert(names.size() == static_cast<std::size_t>(Outcome::alerted) + 1);

}  // namespace

std::string_view name(Outcome outcome) noexcept {
  return names[static_cast<std::size_t>(outcome)];
}

}  // namespace sallyport::recovery
