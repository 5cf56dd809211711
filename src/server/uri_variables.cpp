#include "server/uri_variables.hpp"

#include "base/strings.hpp"

#include <algorithm>

namespace sallyport::server {
namespace {

std::unexpected<Error> wrong(std::string_view why) {
  return fail(Error(Code::config_invalid).with_developer_message(why));
}

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  });
}

// What is no escape stays as it is.
std::string percent_decoded(std::string_view text) {
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0;
    if (escape) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

Result<UriVariables> UriVariables::parse(std::string_view text) {
  UriVariables made;
  for (;;) {
    const std::size_t open = text.find('{');
    const std::string_view literal = text.substr(0, open);
    if (literal.contains('}')) return wrong("a URI template has a } without its {");
    if (literal.empty() && !made.names_.empty() && open != std::string_view::npos)
      return wrong("two variables of a URI template need some text between them");
    made.literals_.emplace_back(literal);
    if (open == std::string_view::npos) return made;
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) return wrong("a URI template has a { without its }");
    std::string_view name = text.substr(open + 1, close - open - 1);
    const bool any = name.starts_with('+');
    if (any) name.remove_prefix(1);
    if (!is_name(name)) return wrong("a URI template may have {name} and {+name} only");
    made.names_.emplace_back(name);
    made.any_text_.push_back(any);
    text.remove_prefix(close + 1);
  }
}

std::optional<std::vector<std::pair<std::string, std::string>>> UriVariables::match(
    std::string_view uri) const {
  if (!uri.starts_with(literals_.front())) return std::nullopt;
  uri.remove_prefix(literals_.front().size());
  std::vector<std::pair<std::string, std::string>> found;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const std::string& behind = literals_[i + 1];
    const bool last = i + 1 == names_.size();
    if (last && !uri.ends_with(behind)) return std::nullopt;
    const std::size_t end = last ? uri.size() - behind.size() : uri.find(behind);
    if (end == std::string_view::npos || end == 0) return std::nullopt;
    const std::string_view value = uri.substr(0, end);
    if (!any_text_[i] && value.find_first_of("/?#") != std::string_view::npos) return std::nullopt;
    found.emplace_back(names_[i], percent_decoded(value));
    uri.remove_prefix(end + behind.size());
  }
  if (!uri.empty()) return std::nullopt;
  return found;
}

}  // namespace sallyport::server
