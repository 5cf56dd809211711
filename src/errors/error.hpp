// The one error value: a shared, immutable pointer that says what failed, who failed, whether it ran, and
// why.
#pragma once

#include "errors/catalog.hpp"
#include "errors/code.hpp"
#include "errors/kind.hpp"

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sallyport {

// May the operation have started? (errors.md section 1)
enum class Executed : std::uint8_t { no, maybe, yes };

// How far a failed operation had come.
enum class Phase : std::uint8_t { spawn, resolve, connect, tls, send, wait, receive, decode };

std::string_view name(Executed executed) noexcept;
std::string_view name(Phase phase) noexcept;

// What a text template may be filled with. Only values of this closed set ever reach a client: names out of
// our own catalogue and the caller's view, JSON Pointers and constraints out of a tool's schema, integers,
// our codes and ids. Never a string from a request, an upstream or an exception.
enum class Slot : std::uint8_t {
  server,      // a key of `servers:`
  tool,        // an exposed name that the caller listed or may list
  suggestion,  // "did you mean": a name of the caller's view
  seconds,     // an integer
  limit,       // an integer: a number or a number of bytes
  attempts,    // an integer
  pointer,  // a JSON Pointer into the tool's schema, or the name of a header or member that the spec defines
  constraint,  // a phrase of ours or a keyword of the tool's schema
  method,      // a method of our method table
  version,     // a protocol revision that we support
};

using SlotValue = std::variant<std::int64_t, std::string>;

// A small typed attribute for logs, spans and `classify`; never text that others wrote.
struct Extra {
  std::string key;
  std::variant<bool, std::int64_t, std::string> value;
};

// Where an error passed on its way up.
struct Note {
  std::string text;
  std::source_location where;
};

struct Authored;  // errors/authored.hpp

// One pointer wide, cheap to copy, safe to share between threads; the `with_…` functions copy on write.
// Developer text is where words written by others are kept: at most 512 bytes, URLs reduced, secret patterns
// masked.
class Error {
 public:
  explicit Error(Code code, std::source_location where = std::source_location::current());
  Error(const Error&) noexcept;
  Error(Error&&) noexcept;
  Error& operator=(const Error&) noexcept;
  Error& operator=(Error&&) noexcept;
  ~Error();

  Code code() const noexcept;
  Kind kind() const noexcept;  // the row's default kind unless set
  const CatalogRow& row() const noexcept;
  Executed executed() const noexcept;  // maybe unless set: nobody is told "it did not run" by omission
  bool can_retry() const noexcept;     // is the failure transient? the row's default unless set
  std::optional<Phase> phase() const noexcept;
  std::optional<std::chrono::milliseconds> retry_after() const noexcept;
  std::optional<int> status_code() const noexcept;
  std::optional<int> wire_status() const noexcept;
  int attempts() const noexcept;  // 0: not counted
  std::string_view developer_message() const noexcept;
  std::span<const Note> notes() const noexcept;  // the first is where the error was made
  std::span<const Extra> extras() const noexcept;
  const Error* cause() const noexcept;
  const SlotValue* slot(Slot slot) const noexcept;

  // Members of `error.data` that the spec defines for this code (`supported`, `requiredCapabilities`,
  // `uri`…), as the text of a JSON object, or empty.
  std::string_view spec_data() const noexcept;

  // What the one who raised it as an exception said; null for what arose in the gateway itself.
  const Authored* authored() const noexcept;

  Error& with_kind(Kind kind) &;
  Error& with_executed(Executed executed) &;
  Error& with_can_retry(bool can_retry) &;
  Error& with_phase(Phase phase) &;
  Error& with_retry_after(std::chrono::milliseconds delay) &;
  Error& with_status_code(int status) &;
  Error& with_wire_status(int status) &;
  Error& with_attempts(int attempts) &;
  Error& with_developer_message(std::string_view text) &;
  Error& with_cause(Error cause) &;
  Error& with_slot(Slot slot, std::string_view value) &;
  Error& with_slot(Slot slot, std::int64_t value) &;
  Error& with_extra(std::string_view key, std::variant<bool, std::int64_t, std::string> value) &;
  Error& with_spec_data(std::string json_object) &;
  Error& with_authored(Authored authored) &;
  Error& note(std::string_view text, std::source_location where = std::source_location::current()) &;

  Error&& with_kind(Kind kind) && { return std::move(with_kind(kind)); }
  Error&& with_executed(Executed executed) && { return std::move(with_executed(executed)); }
  Error&& with_can_retry(bool can_retry) && { return std::move(with_can_retry(can_retry)); }
  Error&& with_phase(Phase phase) && { return std::move(with_phase(phase)); }
  Error&& with_retry_after(std::chrono::milliseconds delay) && { return std::move(with_retry_after(delay)); }
  Error&& with_status_code(int status) && { return std::move(with_status_code(status)); }
  Error&& with_wire_status(int status) && { return std::move(with_wire_status(status)); }
  Error&& with_attempts(int attempts) && { return std::move(with_attempts(attempts)); }
  Error&& with_developer_message(std::string_view text) && { return std::move(with_developer_message(text)); }
  Error&& with_cause(Error cause) && { return std::move(with_cause(std::move(cause))); }
  Error&& with_slot(Slot slot, std::string_view value) && { return std::move(with_slot(slot, value)); }
  Error&& with_slot(Slot slot, std::int64_t value) && { return std::move(with_slot(slot, value)); }
  Error&& with_extra(std::string_view key, std::variant<bool, std::int64_t, std::string> value) && {
    return std::move(with_extra(key, std::move(value)));
  }
  Error&& with_spec_data(std::string json_object) && {
    return std::move(with_spec_data(std::move(json_object)));
  }
  Error&& note(std::string_view text, std::source_location where = std::source_location::current()) && {
    return std::move(note(text, where));
  }

 private:
  struct Rep;
  Rep& own();  // copy on write
  Rep* rep_;   // intrusive, atomic count
};

static_assert(sizeof(void*) == 8);

}  // namespace sallyport
