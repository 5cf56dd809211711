// A message with its bytes, parsed for a test that only wants good ones.
#pragma once

#include "protocol/message.hpp"

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <boost/json.hpp>

namespace sallyport::protocol {

struct Parsed {
  explicit Parsed(std::string text) : bytes(std::move(text)) {
    auto parsed = parse_message(bytes);
    if (!parsed) throw std::runtime_error("not a message: " + bytes);
    message = *parsed;
  }

  std::string_view raw(Field field) const { return message.raw(field, bytes); }

  std::string bytes;
  Message message;
};

// Object members in any order compare equal.
inline boost::json::value dom(std::string_view text) {
  return boost::json::parse(boost::json::string_view(text.data(), text.size()));
}

}  // namespace sallyport::protocol
