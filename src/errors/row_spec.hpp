// How a row of the catalog is written down: what its family implies is left out, and catalog.cpp fills it in.
#pragma once

#include "errors/catalog.hpp"

#include <array>
#include <optional>
#include <string_view>

namespace sallyport {

// `text` may have optional parts: `[ after {seconds} s]` is left out when a slot in it has no value;
// `[Server '{server}'|A server]` takes what stands after the bar instead. Slots stand in brackets only.
struct RowSpec {
  Code code;
  std::string_view wire_name;
  std::string_view full_name;
  Kind kind;
  bool can_retry = false;
  Surface surface = Surface::tool;
  std::optional<Severity> severity = {};
  std::optional<Strategy> strategy = {};
  std::optional<int> rpc_legacy = {};  // else the base of the family + the number of the code
  std::optional<int> rpc_modern = {};
  int http_status = 200;
  std::optional<Code> shown_as = {};
  std::string_view text;
  // What to do when the call must not simply be repeated; empty: "Do not repeat this call unchanged."
  std::string_view action = {};
  std::string_view meaning;
  std::string_view who_acts;
  std::string_view gateway_does;
  std::array<std::string_view, 4> suggested_actions = {};
};

// The closed set of who_acts.
namespace who {
inline constexpr std::string_view caller = "caller";
inline constexpr std::string_view operator_ = "operator";
inline constexpr std::string_view developer = "developer of the server";
inline constexpr std::string_view nobody = "nobody";
}  // namespace who

}  // namespace sallyport
