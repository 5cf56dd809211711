#include "telemetry/log.hpp"

#include "telemetry/log_format.hpp"
#include "telemetry/stderr_writer.hpp"

#include <array>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <mutex>
#include <utility>

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

namespace sallyport::log {
namespace {

constexpr std::array<std::string_view, 6> level_names = {"trace", "debug", "info", "warn", "error", "off"};
constexpr std::array<std::string_view, 3> format_names = {"auto", "text", "json"};
constexpr std::array<std::string_view, 6> colours = {"\033[2m",  "\033[36m", "\033[32m",
                                                     "\033[33m", "\033[31m", ""};
constexpr std::string_view no_colour = "\033[0m";

constexpr spdlog::level::level_enum to_spdlog(Level level) noexcept {
  constexpr std::array levels = {spdlog::level::trace, spdlog::level::debug, spdlog::level::info,
                                 spdlog::level::warn,  spdlog::level::err,   spdlog::level::off};
  return levels[static_cast<std::size_t>(level)];
}

constexpr std::string_view colour(spdlog::level::level_enum level) noexcept {
  return colours[std::min<std::size_t>(static_cast<std::size_t>(level), colours.size() - 1)];
}

StderrWriter& stderr_writer() {
  static StderrWriter writer(STDERR_FILENO);
  return writer;
}

// Lines out of spdlog to wherever the options say, with the level in colour if wanted.
class LineSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  LineSink(Sink sink, bool coloured) : sink_(std::move(sink)), coloured_(coloured) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t buffer;
    formatter_->format(message, buffer);
    std::string_view line(buffer.data(), buffer.size());
    if (coloured_ && message.color_range_end > message.color_range_start) {
      painted_.assign(line.substr(0, message.color_range_start));
      painted_.append(colour(message.level));
      painted_.append(
          line.substr(message.color_range_start, message.color_range_end - message.color_range_start));
      painted_.append(no_colour).append(line.substr(message.color_range_end));
      line = painted_;
    }
    sink_ ? sink_(line) : stderr_writer().write(line);
  }
  void flush_() override {}

 private:
  Sink sink_;
  bool coloured_;
  std::string painted_;
};

struct State {
  std::unique_ptr<spdlog::logger> text_logger;
  std::unique_ptr<spdlog::logger> json_logger;
  Sink sink;
  const Clock* clock = &system_clock();
};

bool wants_colours(const Sink& sink) {
  return !sink && isatty(STDERR_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
}

bool wants_json(Format format, const Sink& sink) {
  if (format != Format::automatic) return format == Format::json;
  return sink || isatty(STDERR_FILENO) == 0;
}

std::unique_ptr<spdlog::logger> make_logger(const Sink& sink, bool coloured, const char* pattern) {
  auto logger = std::make_unique<spdlog::logger>("sallyport", std::make_shared<LineSink>(sink, coloured));
  logger->set_level(spdlog::level::trace);  // `enabled` has decided
  logger->set_formatter(
      std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc, "\n"));
  return logger;
}

State make_state(Options options) {
  State state;
  if (options.clock != nullptr) state.clock = options.clock;
  state.text_logger =
      make_logger(options.sink, wants_colours(options.sink), "%Y-%m-%dT%H:%M:%S.%eZ %^%-7l%$ %v");
  state.json_logger = make_logger(options.sink, false, "%v");
  state.sink = std::move(options.sink);
  return state;
}

State& state() {
  static State current = make_state({});
  return current;
}

std::atomic<bool>& json_now() {
  static std::atomic<bool> wanted = wants_json(Format::automatic, {});
  return wanted;
}

struct Listening {
  std::atomic<bool> any = false;
  std::mutex mutex;
  Tap tap;
};

Listening& listener() {
  static Listening one;
  return one;
}

template <class Enum, std::size_t N>
std::optional<Enum> parse(const std::array<std::string_view, N>& names, std::string_view name) noexcept {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

namespace detail {
std::atomic<Level> threshold{Level::info};
}

std::string_view name(Level level) noexcept {
  return level_names[static_cast<std::size_t>(level)];
}

std::optional<Level> parse_level(std::string_view name) noexcept {
  return parse<Level>(level_names, name);
}

std::optional<Format> parse_format(std::string_view name) noexcept {
  return parse<Format>(format_names, name);
}

void configure(Options options) {
  detail::threshold.store(options.level, std::memory_order_relaxed);
  json_now() = wants_json(options.format, options.sink);
  state() = make_state(std::move(options));
}

void adjust(Level level, Format format) noexcept {
  detail::threshold.store(level, std::memory_order_relaxed);
  json_now() = wants_json(format, state().sink);
}

void write(Level level, std::string_view message, Fields fields) {
  const State& current = state();
  const SystemTime now = current.clock->system_now();
  const bool developer_text = enabled(Level::debug);
  const bool json = writes_json();
  const std::string line = json ? format_json(now, level, message, fields, developer_text)
                                : format_text(message, fields, developer_text);
  (json ? current.json_logger : current.text_logger)
      ->log(now, spdlog::source_loc{}, to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
  Listening& listening = listener();
  if (!listening.any.load(std::memory_order_acquire)) return;
  const std::lock_guard lock(listening.mutex);
  if (listening.tap) listening.tap(now, level, message, fields);
}

void set_tap(Tap tap) {
  Listening& listening = listener();
  const std::lock_guard lock(listening.mutex);
  listening.any.store(static_cast<bool>(tap), std::memory_order_release);
  listening.tap = std::move(tap);
}

std::size_t write_lines(std::string_view lines) {
  const State& current = state();
  if (!current.sink) return stderr_writer().try_write(lines);
  current.sink(lines);
  return lines.size();
}

bool writes_json() noexcept {
  return json_now().load(std::memory_order_relaxed);
}

std::uint64_t dropped_lines() noexcept {
  return stderr_writer().dropped();
}

std::optional<std::uint64_t> Limiter::pass(SteadyTime now) noexcept {
  if (last_ && now - *last_ < period_) {
    ++held_;
    return std::nullopt;
  }
  last_ = now;
  return std::exchange(held_, 0);
}

}  // namespace sallyport::log
