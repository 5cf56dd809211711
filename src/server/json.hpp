// A JSON value as authors of servers hold it: one checked text, without a tree behind it.
#pragma once

#include "errors/result.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport {

// Numbers, key order and escapes stay as they were written: a schema or a big number survives byte for byte.
// Reading costs a pass over the text; whoever reads a value often takes it apart once.
class Json {
 public:
  // The types of RFC 8259.
  enum class Type : std::uint8_t { null, boolean, number, string, array, object };
  using Member = std::pair<std::string_view, Json>;

  Json() = default;  // null
  Json(std::same_as<bool> auto value) : text_(value ? "true" : "false") {}
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  Json(T value) : text_(std::to_string(value)) {}
  Json(double value);  // null for infinities and NaN, which JSON does not have
  Json(std::string_view text);
  Json(const std::string& text) : Json(std::string_view(text)) {}
  Json(const char* text) : Json(std::string_view(text)) {}

  // PROTO_001 for what is not one strict JSON text: no duplicate keys, valid UTF-8, at most 64 levels deep.
  static Result<Json> parse(std::string_view text);
  // A text that is known to be valid: it was scanned, or we made it.
  static Json trusted(std::string text);
  static Json object(std::initializer_list<Member> members = {});
  static Json array(std::initializer_list<Json> elements = {});
  static Json array(std::span<const Json> elements);

  // Of what type it is; no pass over the text.
  Type type() const noexcept;
  bool is_null() const noexcept { return type() == Type::null; }
  bool is_object() const noexcept { return type() == Type::object; }
  bool is_array() const noexcept { return type() == Type::array; }
  bool is_string() const noexcept { return type() == Type::string; }

  // Nothing where the value is of another type, or does not fit.
  std::optional<bool> as_bool() const;
  std::optional<std::int64_t> as_int() const;
  std::optional<double> as_number() const;
  std::optional<std::string> as_string() const;

  // Of an object; nothing, and empty, for anything else.
  std::optional<Json> find(std::string_view key) const;
  std::vector<std::pair<std::string, Json>> members() const;
  // Of an array.
  std::vector<Json> elements() const;

  // Puts a member into an object, in the place of one of the same key. Null becomes an object; another value
  // stays what it is.
  Json& set(std::string_view key, const Json& value);
  // Adds an element to an array, in the same way.
  Json& push_back(const Json& element);

  const std::string& text() const noexcept { return text_; }
  friend bool operator==(const Json&, const Json&) = default;  // of the texts

 private:
  std::string text_ = "null";
};

}  // namespace sallyport
