// How a try to recover from a failure ended: a closed set of words for the wire, logs, spans and metrics.
#pragma once

#include <cstdint>
#include <string_view>

namespace sallyport::recovery {

enum class Outcome : std::uint8_t {
  recovered,       // a later attempt was answered
  gave_up,         // the last attempt failed too
  not_repeatable,  // it may have run, and may not be repeated
  no_budget,       // too many calls to this server are tried again already
  no_time,         // the pause does not fit what is left of the call's time
  abandoned,       // the caller left meanwhile
  alerted,         // refused, and operators are told
};

std::string_view name(Outcome outcome) noexcept;

}  // namespace sallyport::recovery
