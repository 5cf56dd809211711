// What is done about a failure: the operator's table, and the catalogue's default below it. Pure.
#pragma once

#include "recovery/rule.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace sallyport::recovery {

// Why a decision is what it is.
enum class Why : std::uint8_t {
  rule,            // of the operator's table
  standard,        // the catalogue says so
  never_repeated,  // of such a failure nobody repeats a call
  permanent,       // it does not pass by itself
  may_have_run,    // and the call may not be repeated
};
std::string_view text(Why why) noexcept;

struct Decision {
  Strategy strategy = Strategy::fail_closed;  // what is done
  Strategy wanted = Strategy::fail_closed;    // what the table says; another one where the call forbids it
  Why why = Why::standard;
  std::optional<std::size_t> rule;  // its place in the table, counted from 0
  std::uint32_t attempts = 1;       // at most, the first counted
  std::chrono::milliseconds base = standard_base;
  std::chrono::milliseconds max = standard_max;

  // The longest pause before the attempt of this number (2 is the first that repeats), before jitter.
  std::chrono::milliseconds longest_pause(std::uint32_t attempt) const noexcept;
};

// May this call be tried again, or elsewhere, without running twice?
bool may_repeat(const Error& error, const Facts& call) noexcept;

class Policy {
 public:
  Policy() = default;
  explicit Policy(std::vector<Rule> rules) : rules_(std::move(rules)) {}

  Decision decide(const Error& error, const Facts& call) const noexcept;

  // The time of one attempt, where a rule limits it; for calls that may be repeated only.
  std::optional<std::chrono::milliseconds> attempt_limit(const Facts& call) const noexcept;
  bool limits_attempts() const noexcept;

  const std::vector<Rule>& rules() const noexcept { return rules_; }
  bool operator==(const Policy&) const = default;

 private:
  std::vector<Rule> rules_;
};

// The pause before a call is tried again: full jitter below `longest_pause`, or, where the failure says when,
// that time and up to a fifth more. `random` in [0, 1). Nothing: it is not worth a try, because the gateway
// itself knows that its server stays away for longer than `decision.max`.
std::optional<std::chrono::milliseconds> pause(const Decision& decision, const Error& error,
                                               std::uint32_t attempt, double random) noexcept;

}  // namespace sallyport::recovery
