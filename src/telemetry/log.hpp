// The log: a message of ours and typed fields, as text for people or as one line of JSON.
#pragma once

#include "base/clock.hpp"
#include "errors/error.hpp"

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace sallyport::log {

enum class Level : std::uint8_t { trace, debug, info, warn, error, off };
enum class Format : std::uint8_t { automatic, text, json };  // automatic: text on a terminal, else JSON

std::string_view name(Level level) noexcept;
std::optional<Level> parse_level(std::string_view name) noexcept;
std::optional<Format> parse_format(std::string_view name) noexcept;  // "auto", "text", "json"

// Takes whole lines, with their line end.
using Sink = std::function<void(std::string_view line)>;

struct Options {
  Level level = Level::info;
  Format format = Format::automatic;
  Sink sink{};                   // empty: stderr
  const Clock* clock = nullptr;  // null: the system's
};

// Before the first call: info, automatic, stderr. Not to be called while another thread logs.
void configure(Options options);

// The same for a program that runs: from the next line on. Safe from any thread.
void adjust(Level level, Format format) noexcept;

// A field's value. Secrets have no conversion to it. Strings are clipped; an Error gives code, kind,
// executed, phase and notes, and its developer message where the level is debug.
class Value {
 public:
  Value(bool value) : value_(value) {}
  Value(std::signed_integral auto value) : value_(static_cast<std::int64_t>(value)) {}
  Value(std::unsigned_integral auto value) : value_(static_cast<std::uint64_t>(value)) {}
  Value(double value) : value_(value) {}
  Value(const char* value) : value_(std::string_view(value)) {}
  Value(std::string_view value) : value_(value) {}
  Value(const std::string& value) : value_(std::string_view(value)) {}
  Value(const Error& value) : value_(&value) {}

  const auto& get() const noexcept { return value_; }

 private:
  std::variant<bool, std::int64_t, std::uint64_t, double, std::string_view, const Error*> value_;
};

struct Field {
  std::string_view key;  // ours: lower case with underscores
  Value value;
};

using Fields = std::initializer_list<Field>;

namespace detail {
extern std::atomic<Level> threshold;
}

// A level that is off costs this branch.
inline bool enabled(Level level) noexcept {
  return level >= detail::threshold.load(std::memory_order_relaxed);
}

// `message` is a constant of ours; what varies goes into fields. Safe from any thread. Waits for a stuck
// stderr for a moment only: the line is then dropped and counted.
void write(Level level, std::string_view message, Fields fields = {});

inline void debug(std::string_view message, Fields fields = {}) {
  if (enabled(Level::debug)) write(Level::debug, message, fields);
}
inline void info(std::string_view message, Fields fields = {}) {
  if (enabled(Level::info)) write(Level::info, message, fields);
}
inline void warn(std::string_view message, Fields fields = {}) {
  if (enabled(Level::warn)) write(Level::warn, message, fields);
}
inline void error(std::string_view message, Fields fields = {}) {
  if (enabled(Level::error)) write(Level::error, message, fields);
}

// Hears of every line of write(), on the thread that writes it; logs nothing itself. Empty: nobody does.
// Once it is set anew the former is not called any more.
using Tap = std::function<void(SystemTime time, Level level, std::string_view message, Fields fields)>;
void set_tap(Tap tap);

// For lines that were rendered elsewhere, in the format that is set. Takes what fits without waiting and says
// how many bytes that were; what nobody can read any more is taken and counted as dropped.
std::size_t write_lines(std::string_view lines);
bool writes_json() noexcept;

// Lines that a stuck stderr cost.
std::uint64_t dropped_lines() noexcept;

// Lets a message that a peer can cause at will through once in a period. One thread.
class Limiter {
 public:
  explicit Limiter(std::chrono::steady_clock::duration period = std::chrono::seconds(10)) : period_(period) {}

  // How many were held back since the last that passed, if this one passes: `{"suppressed", *count}`.
  std::optional<std::uint64_t> pass(SteadyTime now) noexcept;

 private:
  std::chrono::steady_clock::duration period_;
  std::optional<SteadyTime> last_;
  std::uint64_t held_ = 0;
};

}  // namespace sallyport::log
