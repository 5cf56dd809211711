// Writes one JSON object member by member, in the order of the calls.
#pragma once

#include "json/scanner.hpp"

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sallyport::protocol {

class ObjectText {
 public:
  ObjectText& raw(std::string_view key, std::string_view json) {
    text_ += text_.size() > 1 ? "," : "";
    json::append_quoted(text_, key);
    text_ += ':';
    text_ += json;
    return *this;
  }
  ObjectText& text(std::string_view key, std::string_view value) { return raw(key, json::quote(value)); }
  // Null where it is not there.
  ObjectText& text(std::string_view key, const std::optional<std::string>& value) {
    return value ? text(key, std::string_view(*value)) : null(key);
  }
  ObjectText& text(std::string_view key, const char* value) { return text(key, std::string_view(value)); }
  template <std::integral T>
  ObjectText& number(std::string_view key, const std::optional<T>& value) {
    return value ? raw(key, std::to_string(*value)) : null(key);
  }
  // JSON has no infinities: null.
  ObjectText& number(std::string_view key, double value) {
    char buffer[32];
    const auto [end, status] = std::to_chars(buffer, buffer + sizeof buffer, value);
    if (!std::isfinite(value) || status != std::errc{}) return null(key);
    return raw(key, std::string_view(buffer, end));
  }
  ObjectText& text_or_null(std::string_view key, std::string_view value) {  // null where it is empty
    return value.empty() ? null(key) : text(key, value);
  }
  template <class Range>
  ObjectText& texts(std::string_view key, const Range& values) {
    std::string list = "[";
    for (const std::string_view value : values) {
      if (list.size() > 1) list += ',';
      json::append_quoted(list, value);
    }
    return raw(key, list + ']');
  }
  template <class Range>
  ObjectText& texts(std::string_view key, const std::optional<Range>& values) {
    return values ? texts(key, *values) : null(key);
  }
  ObjectText& boolean(std::string_view key, bool value) { return raw(key, value ? "true" : "false"); }
  ObjectText& null(std::string_view key) { return raw(key, "null"); }

  std::string take() { return std::move(text_) + '}'; }

 private:
  std::string text_ = "{";
};

}  // namespace sallyport::protocol
