// Puts the environment and files in the place of `${…}` within one scalar; what is put in is never looked at
// again.
#pragma once

#include "config/diagnostic.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::config {

// What a configuration may ask of the machine besides files.
struct Machine {
  std::function<std::optional<std::string>(const std::string& name)> variable;
  std::function<void(const std::string& file)> reads{};  // hears of the files that `${file:}` names
};

Machine this_machine();

struct Expanded {
  std::string text;
  bool foreign = false;  // something was put in: treat it as a secret
};

// `${NAME}`, `${NAME:-text}` (also where NAME is empty), `${file:/path}`. Nothing after an error was
// reported.
std::optional<Expanded> expand(std::string_view text, const Machine& machine, Report& report, Position at,
                               std::string_view path);

}  // namespace sallyport::config
