// The variables of a URI template out of a URI: {name} is a part of a path, {+name} any text.
#pragma once

#include "errors/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::server {

class UriVariables {
 public:
  // CONFIG_001 for what has other expressions, or two of them side by side.
  static Result<UriVariables> parse(std::string_view uri_template);

  const std::vector<std::string>& names() const noexcept { return names_; }
  // Name and value of each, percent-decoded. One pass: a variable ends where the text behind it first comes.
  std::optional<std::vector<std::pair<std::string, std::string>>> match(std::string_view uri) const;

 private:
  std::vector<std::string> names_;
  std::vector<bool> any_text_;         // of each
  std::vector<std::string> literals_;  // before, between and behind them: one more
};

}  // namespace sallyport::server
