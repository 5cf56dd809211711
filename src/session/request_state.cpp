#include "session/request_state.hpp"

#include "base/strings.hpp"

#include <algorithm>

namespace sallyport::session {
namespace {

// No part of it holds a line break: methods and digests are ours, and a principal's name is the last.
std::string bound_to(const StateOwner& owner) {
  std::string bound;
  for (const std::string_view part : {owner.method, owner.digest}) bound.append(part).append("\n");
  return bound.append(owner.principal);
}

std::int64_t ms_since_epoch(SystemTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

// Up to the next space, off the front of `text`.
std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  return word;
}

}  // namespace

// The words before `held` have no spaces: numbers, hexadecimal digits, the key of a server.
std::string RequestStates::seal(const RequestState& state, const StateOwner& owner,
                                std::chrono::milliseconds expiry) const {
  std::string text = std::to_string(ms_since_epoch(clock_->system_now() + expiry));
  text.append(" ").append(std::to_string(state.round)).append(" ").append(state.correlation.hex());
  text.append(" ").append(std::to_string(static_cast<int>(state.holds)));
  text.append(" ").append(state.server).append(" ").append(state.held);
  return sealer_.seal(text, bound_to(owner));
}

std::optional<OpenedState> RequestStates::open(std::string_view sealed, const StateOwner& owner) const {
  const auto text = sealer_.open(sealed, bound_to(owner));
  if (!text) return std::nullopt;
  std::string_view rest = *text;
  const auto until = parse_int<std::int64_t>(take_word(rest));
  const auto round = parse_int<std::uint32_t>(take_word(rest));
  CorrelationId correlation;
  const bool correlated = unhex(take_word(rest), correlation.bytes);
  const std::string_view holds = take_word(rest);
  const std::string_view server = take_word(rest);
  if (!until || !round || !correlated || *until < ms_since_epoch(clock_->system_now())) return std::nullopt;
  using Holds = RequestState::Holds;
  return OpenedState{{.server = std::string(server),
                      .holds = holds == "1" ? Holds::suspended_call : Holds::server_state,
                      .held = std::string(rest),
                      .round = *round,
                      .correlation = correlation},
                     SystemTime(std::chrono::milliseconds(*until))};
}

}  // namespace sallyport::session
