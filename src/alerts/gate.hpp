// Keeps alerts from flooding: of each code, server and tenant the first passes at once, the others are
// counted, and the count is told when the window ends. Pure: the clock is the caller's.
#pragma once

#include "alerts/alert.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sallyport::alerts {

class Gate {
 public:
  // Kinds of alert that are open at once; of further ones nobody is told.
  static constexpr std::size_t max_open = 1000;

  enum class Verdict : std::uint8_t { pass, counted, no_room };

  void set_window(std::chrono::milliseconds window) noexcept { window_ = window; }

  Verdict offer(const Alert& alert, SteadyTime now);

  // When the earliest window ends; nothing while none is open.
  std::optional<SteadyTime> next() const;
  // What the windows that have ended counted: one alert each, and the next window begins. A window in which
  // nothing came is closed.
  std::vector<Alert> end_windows(SteadyTime now);
  // The same for all that are open, before an end.
  std::vector<Alert> end_all();

  std::size_t open() const noexcept { return open_.size(); }

 private:
  // There is one tenant until callers are told apart.
  using Key = std::pair<Code, std::string>;
  struct Open {
    SteadyTime ends{};
    std::optional<Alert> more;  // those that came after the first
  };

  std::chrono::milliseconds window_{std::chrono::minutes(5)};
  std::map<Key, Open> open_;
};

}  // namespace sallyport::alerts
