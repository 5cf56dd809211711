#include "pipeline/edited.hpp"

#include <utility>

namespace sallyport::pipeline {

bool take_edited(Answer& answer, std::string bytes) {
  const auto message = protocol::parse_message(
      bytes, {.max_keys = UINT32_MAX, .max_string = bytes.size(), .max_bytes = bytes.size()});
  if (!message) return false;
  answer.bytes = std::move(bytes);
  answer.message = *message;
  return true;
}

}  // namespace sallyport::pipeline
