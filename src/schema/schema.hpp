// JSON Schema: is a value what a schema says, and if not, which place breaks which rule?
//
// Draft 2020-12 (the default), 2019-09 and draft-07, as `$schema` says. Nothing is ever fetched: a reference
// leads into the schema itself or nowhere. `format` and `content*` are annotations, as these drafts have it.
// What is out, and how to run the public test suite: docs/json-schema.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::schema {

// Where a value does not fit, and the rule that it breaks; never the value, nor a name that only it has.
struct Misfit {
  std::string pointer;  // a JSON Pointer from the root of the value, made of names that the schema has
  std::string rule;     // "must be an integer"
};

// Why there is no verdict. The first five are the schema's doing, the other two may be the value's.
enum class Doubt : std::uint8_t {
  none,
  dialect,    // of `$schema`
  keyword,    // one that no draft has: it may widen what the others say
  reference,  // `$ref` that leads out of the schema, or nowhere
  pattern,    // an expression that RE2 has not: looking around, back references
  malformed,  // not a schema, or one that is larger than the bounds
  budget,     // more steps or levels than a check may take
  value,      // numbers or strings that no tree can hold: 1e400, "\ud800"
};

std::string_view name(Doubt doubt) noexcept;  // "dialect"

struct Verdict {
  std::optional<Misfit> misfit;
  Doubt doubt = Doubt::none;

  bool fits() const noexcept { return !misfit && doubt == Doubt::none; }
};

inline constexpr std::uint32_t max_subschemas = 4000;  // of one schema
inline constexpr std::size_t max_schema_bytes = 1 << 20;
inline constexpr std::uint32_t max_steps = 25'000;  // about a millisecond

struct Compiled;

// One schema, compiled. Immutable; a check takes memory by the depth of the value.
class Schema {
 public:
  // `text`: one that was scanned. `room`: how many subschemas may still be made, counted down; those of a
  // list of tools share one.
  static Schema compile(std::string_view text, std::uint32_t& room);
  static Schema compile(std::string_view text);

  // Anything but `none`: every check ends in this doubt, but for `keyword`, where a check takes unknown ones
  // for annotations, as the drafts do.
  Doubt doubt() const noexcept;
  // What it is about, as the schema has it: the name of a keyword, a `$ref`; short.
  const std::string& about() const noexcept;

  // `value`: a text that was scanned.
  Verdict check(std::string_view value, std::uint32_t steps = max_steps) const;

 private:
  explicit Schema(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}

  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace sallyport::schema
