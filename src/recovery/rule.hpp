// One row of the operator's table of recovery: which failures it is about, and what is done about them.
#pragma once

#include "classify/classify.hpp"
#include "errors/error.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::recovery {

// What is known of the call besides its failure. Views: they outlive the decision.
struct Facts {
  classify::Operation operation = classify::Operation::none;
  std::string_view server{};
  std::string_view tool{};  // as its server calls it; empty: no tool
  bool idempotent = false;  // errors.md section 5
};

// Empty and absent members hold for everything. Texts are patterns: `*` any run of characters, `?` one.
struct Match {
  std::string code{};  // `NET_*`
  std::optional<Family> family{};
  std::string kind{};
  std::optional<classify::Operation> operation{};
  std::string server{};
  std::string tool{};
  std::string direction{};  // of what a guardrail looked at: `input` or `output`
  std::string detector{};   // of a guardrail

  bool covers(Code failed, Kind who) const noexcept;
  bool covers(Code failed) const noexcept;  // with some kind
  bool covers(const Facts& call) const noexcept;

  bool operator==(const Match&) const = default;
};

inline constexpr std::uint32_t standard_attempts = 3;
inline constexpr std::chrono::milliseconds standard_base{100};
inline constexpr std::chrono::milliseconds standard_max{2000};

struct Rule {
  Match match;
  Strategy strategy = Strategy::none;                // none: not written
  std::uint32_t attempts = standard_attempts;        // the first counted
  std::chrono::milliseconds base = standard_base;    // the first pause is at most so long
  std::chrono::milliseconds max = standard_max;      // and no later one is longer than this
  std::optional<std::chrono::milliseconds> attempt;  // the time of each, for calls that may be repeated

  bool operator==(const Rule&) const = default;
};

// No rule makes the gateway repeat what ends so: the caller is at fault, or the server cannot prove who it
// is.
bool never_repeated(Code code) noexcept;

// What a rule would open that must stay shut (errors.md section 5), in words of ours; empty: nothing.
std::string_view opened_by(const Rule& rule) noexcept;

}  // namespace sallyport::recovery
