#include "protocol/revision.hpp"

#include <algorithm>

namespace sallyport::protocol {

namespace {

constexpr std::array<std::string_view, revision_count> names{"2024-11-05", "2025-03-26", "2025-06-18",
                                                             "2025-11-25", "2026-07-28"};

bool is_date(std::string_view text) noexcept {
  constexpr std::string_view shape = "dddd-dd-dd";
  if (text.size() != shape.size()) return false;
  return std::ranges::equal(text, shape, [](char character, char wanted) {
    return wanted == 'd' ? character >= '0' && character <= '9' : character == wanted;
  });
}

}  // namespace

std::string_view name(Revision revision) noexcept {
  return names[static_cast<std::size_t>(revision)];
}

std::string_view name(Era era) noexcept {
  return era == Era::legacy ? "legacy" : "modern";
}

std::optional<Revision> parse_revision(std::string_view name) noexcept {
  for (const Revision each : supported_revisions) {
    if (protocol::name(each) == name) return each;
  }
  return std::nullopt;
}

bool names_modern_era(std::string_view text) noexcept {
  return is_date(text) && text >= name(Revision::v2026_07_28);
}

Revision negotiate(std::string_view requested) noexcept {
  const auto known = parse_revision(requested);
  return known && era(*known) == Era::legacy ? *known : latest_legacy;
}

}  // namespace sallyport::protocol
