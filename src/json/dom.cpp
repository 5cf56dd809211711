#include "json/dom.hpp"

namespace sallyport::json {

std::optional<Dom> Dom::parse(std::string_view text) {
  Dom dom;
  if (dom.parser_->parse(text.data(), text.size()).get(dom.root_) != simdjson::SUCCESS) return std::nullopt;
  return dom;
}

std::optional<simdjson::dom::element> Dom::at(std::string_view pointer) const {
  simdjson::dom::element found;
  if (root_.at_pointer(pointer).get(found) != simdjson::SUCCESS) return std::nullopt;
  return found;
}

}  // namespace sallyport::json
