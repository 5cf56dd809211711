// Read access to a scanned text as a tree, for layers that look at values rather than spans: simdjson's DOM.
//
// Never its on-demand parser, which accepts what it does not look at. Trees are built by Boost.JSON, not
// here.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include <simdjson.h>

namespace sallyport::json {

// Owns the tree; elements are views into it.
class Dom {
 public:
  // Copies what it needs of `text`. Nothing, for a text that scan() accepts, only where it says more than the
  // tree can: a number beyond uint64 and double, a lone surrogate, depth beyond 1024. The caller decides what
  // that means.
  static std::optional<Dom> parse(std::string_view text);

  simdjson::dom::element root() const { return root_; }

  // The value at a JSON Pointer ("" is the root); array indexes count.
  std::optional<simdjson::dom::element> at(std::string_view pointer) const;

 private:
  // A parser is dear to make: a thread keeps one for its next tree.
  struct Recycle {
    void operator()(simdjson::dom::parser* parser) const noexcept;
  };
  using Parser = std::unique_ptr<simdjson::dom::parser, Recycle>;

  explicit Dom(Parser parser) noexcept : parser_(std::move(parser)) {}

  Parser parser_;
  simdjson::dom::element root_;
};

}  // namespace sallyport::json
