// Does a URI come from a URI template (RFC 6570)? Enough of it to know whose resource a URI is.
#pragma once

#include <bitset>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::protocol {

// All eight operators, with lists, prefixes and explodes read as "any text that such an expression can give":
// which variables took which values is for the server to find out. An expression may have given nothing at
// all, as it does for variables without a value.
class UriTemplate {
 public:
  // Nothing for what is no template, or one of more than `max_size` bytes.
  static std::optional<UriTemplate> parse(std::string_view text);

  // Takes no memory, and at most cost() steps. A URI beyond max_uri bytes does not match.
  bool matches(std::string_view uri) const noexcept;
  std::size_t cost(std::string_view uri) const noexcept {
    return uri.starts_with(prefix_) ? steps_.size() * uri.size() : 1;
  }

  static constexpr std::size_t max_size = 512;
  static constexpr std::size_t max_uri = 4096;

 private:
  using Bytes = std::bitset<256>;

  // One place in the template: a byte that has to stand there, or an expression.
  struct Step {
    bool expression = false;
    char first = '\0';  // the byte itself, or the one that an expression's text begins with; '\0': none
    const Bytes* inside = nullptr;  // what the text of an expression is made of
  };
  using Places = std::bitset<2 * max_size + 2>;  // before step i: 2i; inside the expression of step i: 2i + 1

  bool add_expression(std::string_view inside_braces);
  void reach(Places& places, std::size_t step) const noexcept;

  std::string prefix_;  // what stands before the first expression
  std::vector<Step> steps_;
};

}  // namespace sallyport::protocol
