#include "session/request_state.hpp"

#include <charconv>

namespace sallyport::session {
namespace {

// No part of it holds a line break: keys and methods are ours, and a principal's name is the last.
std::string bound_to(const StateOwner& owner) {
  std::string bound;
  for (const std::string_view part : {owner.server, owner.method, owner.digest})
    bound.append(part).append("\n");
  return bound.append(owner.principal);
}

std::int64_t ms_since_epoch(SystemTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

// A number and the space behind it, off the front of `text`.
std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto used = static_cast<std::size_t>(end - text.data());
  if (error != std::errc() || used == text.size() || text[used] != ' ') return std::nullopt;
  text.remove_prefix(used + 1);
  return number;
}

}  // namespace

std::string RequestStates::seal(const RequestState& state, const StateOwner& owner,
                                std::chrono::milliseconds expiry) const {
  const std::int64_t until = ms_since_epoch(clock_->system_now() + expiry);
  return sealer_.seal(std::to_string(until) + ' ' + std::to_string(state.round) + ' ' + state.held,
                      bound_to(owner));
}

std::optional<RequestState> RequestStates::open(std::string_view sealed, const StateOwner& owner) const {
  const auto text = sealer_.open(sealed, bound_to(owner));
  if (!text) return std::nullopt;
  std::string_view rest = *text;
  const auto until = take_number(rest);
  const auto round = take_number(rest);
  if (!until || !round || *until < ms_since_epoch(clock_->system_now())) return std::nullopt;
  return RequestState{.held = std::string(rest), .round = static_cast<std::uint32_t>(*round)};
}

}  // namespace sallyport::session
