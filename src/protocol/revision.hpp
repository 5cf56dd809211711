// The revisions of MCP that we speak, and the era each belongs to.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport::protocol {

// In the order of time: comparison operators ask "older or newer".
enum class Revision : std::uint8_t { v2024_11_05, v2025_03_26, v2025_06_18, v2025_11_25, v2026_07_28 };

// legacy: the `initialize` handshake and sessions. modern: every request carries its envelope in `_meta`.
enum class Era : std::uint8_t { legacy, modern };

inline constexpr std::size_t revision_count = 5;
inline constexpr Revision latest_legacy = Revision::v2025_11_25;
inline constexpr Revision latest_modern = Revision::v2026_07_28;

// What a legacy HTTP request without MCP-Protocol-Version (and without a session that knows better) speaks.
inline constexpr Revision assumed_legacy = Revision::v2025_03_26;

// Every one that we speak, newest first, as `supportedVersions` and `data.supported` name them.
inline constexpr std::array<Revision, revision_count> supported_revisions{
    Revision::v2026_07_28, Revision::v2025_11_25, Revision::v2025_06_18, Revision::v2025_03_26,
    Revision::v2024_11_05};
inline constexpr std::string_view supported_revisions_json =
    R"(["2026-07-28","2025-11-25","2025-06-18","2025-03-26","2024-11-05"])";

constexpr Era era(Revision revision) {
  return revision >= Revision::v2026_07_28 ? Era::modern : Era::legacy;
}

// "2025-06-18".
std::string_view name(Revision revision) noexcept;
std::string_view name(Era era) noexcept;

// Takes the exact names only.
std::optional<Revision> parse_revision(std::string_view name) noexcept;

// Does this name of a revision, known to us or not, lie in the modern era? Names are dates and compare as
// text.
bool names_modern_era(std::string_view name) noexcept;

// The revision that `initialize` answers with: the requested one if it is a legacy one that we speak, else
// the newest legacy one.
Revision negotiate(std::string_view requested) noexcept;

}  // namespace sallyport::protocol
