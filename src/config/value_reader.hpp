// Reads the text of one key's value, and has the words for what does not fit there.
#pragma once

#include "config/decode.hpp"
#include "config/expand.hpp"
#include "config/keys.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::config {

class ValueReader {
 public:
  ValueReader(const Key& key, const Node& node, std::string path, const Machine& machine, Draft& draft,
              Report& report);

 protected:
  // All of it was read: says whether it may be used.
  void finish();

  // What stands there instead of what is wanted; never a value that may be a secret.
  std::string found(const Node& node, bool foreign) const;

  void remember(const std::string& path, Position at, bool foreign = false);
  void mistake(const Node& node, std::string_view path, std::string what, std::string why,
               std::string instead);
  void wrong_kind(const Node& node, std::string_view path, bool foreign = false);
  bool may_stand(const Node& node, std::string_view path, std::optional<Finding> mistake);
  std::string example() const;  // "write `key: …`"

  // The text of a scalar after expansion.
  std::optional<Expanded> text(const Node& node, const std::string& path);

  // parse: what turns a text into the value, or nothing.
  template <class T, class Parse>
  std::optional<T> parsed(Parse parse) {
    const auto expanded = word();
    if (!expanded) return std::nullopt;
    std::optional<T> value = parse(expanded->text);
    if (!value) not_parsed(*expanded);
    return value;
  }

  bool count_in_range(std::uint64_t value);
  bool size_in_range(std::uint64_t value);
  bool duration_in_range(const Node& node, std::string_view path, Milliseconds value);

  const Key& key_;
  const Node& node_;
  std::string path_;
  Report& report_;

 private:
  void not_a_text(const Node& node, const std::string& path);
  std::optional<Expanded> word();
  void not_parsed(const Expanded& expanded);
  bool in_range(const Node& node, std::string_view path, std::uint64_t value,
                std::string (*show)(std::uint64_t));

  const Machine& machine_;
  Draft& draft_;
  std::size_t errors_before_;
};

}  // namespace sallyport::config
