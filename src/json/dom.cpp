#include "json/dom.hpp"

#include <utility>

namespace sallyport::json {
namespace {

constexpr std::size_t biggest_spare = 64 * 1024;

// Trees may outlive their thread's other objects: what is here needs no destruction to be sound.
struct Spare {
  simdjson::dom::parser* parser = nullptr;
  bool ended = false;
};
thread_local constinit Spare spare;

// Ends the spare with its thread.
struct End {
  ~End() {
    spare.ended = true;
    delete std::exchange(spare.parser, nullptr);
  }
};

}  // namespace

void Dom::Recycle::operator()(simdjson::dom::parser* parser) const noexcept {
  if (spare.parser || spare.ended || parser->capacity() > biggest_spare) {
    delete parser;
    return;
  }
  static thread_local End end;
  (void)end;
  spare.parser = parser;
}

std::optional<Dom> Dom::parse(std::string_view text) {
  simdjson::dom::parser* const kept = std::exchange(spare.parser, nullptr);
  Dom dom(Parser(kept ? kept : new simdjson::dom::parser));
  if (dom.parser_->parse(text.data(), text.size()).get(dom.root_) != simdjson::SUCCESS) return std::nullopt;
  return dom;
}

std::optional<simdjson::dom::element> Dom::at(std::string_view pointer) const {
  simdjson::dom::element found;
  if (root_.at_pointer(pointer).get(found) != simdjson::SUCCESS) return std::nullopt;
  return found;
}

}  // namespace sallyport::json
