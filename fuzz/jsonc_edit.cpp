// Random edits of an object in JSON with comments: what comes out is JSON with comments, has the members that
// stay byte for byte and the new one, and everything outside the object as it was.
#include "config/agent_file.hpp"
#include "config/jsonc.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace sallyport;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

constexpr std::string_view key = "\x01 ours";
constexpr json::Limits limits{.max_depth = 512};

std::vector<std::string_view> values_of(std::string_view text, std::string_view strict, json::Span object) {
  std::vector<std::string_view> values;
  for (const json::Member& member : json::members_of(strict, object, strict.size())) {
    values.push_back(text.substr(member.key.begin, member.value.span.end - member.key.begin));
  }
  return values;
}

// The root, or the first object in it, and on.
json::Span object_at(std::string_view strict, json::Span root, unsigned depth) {
  for (; depth > 0; --depth) {
    const auto members = json::members_of(strict, root, strict.size());
    const auto inner = std::ranges::find_if(
        members, [](const json::Member& member) { return member.value.is(json::Type::object); });
    if (inner == members.end()) break;
    root = inner->value.span;
  }
  return root;
}

}  // namespace

// The text, a zero byte, the choices: how deep, and for each member whether it goes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view text = input.substr(0, input.find('\0'));
  std::string_view choices = input.substr(std::min(text.size() + 1, size));
  const auto next = [&] {
    if (choices.empty()) return 0U;
    const auto choice = static_cast<unsigned char>(choices.front());
    choices.remove_prefix(1);
    return unsigned{choice};
  };
  const std::string strict = config::blank_jsonc(text);
  require(strict.size() == text.size());
  const auto document = json::scan(strict, limits);
  config::Diagnostics found;
  config::Report report("f", found);
  const auto file = config::AgentFile::read(std::string(text), {"servers"}, report);
  if (file) require(json::scan(config::blank_jsonc(file->masked()), limits).has_value());
  if (!document || !document->root.is(json::Type::object)) return 0;

  const json::Span object = object_at(strict, document->root.span, next() % 4);
  const std::vector<std::string_view> before = values_of(text, strict, object);
  config::ObjectEdit edit{object, {}, std::string(key), {{{"a", "1"}, {"b", "[2]"}}}};
  std::vector<std::string_view> stays;
  for (const std::string_view member : before) {
    edit.removed.push_back((next() & 1U) != 0);
    if (!edit.removed.back()) stays.push_back(member);
  }
  if (json::find_member(strict, object, key)) return 0;
  const std::string out = config::edit_jsonc(text, strict, edit);
  const std::string out_strict = config::blank_jsonc(out);
  const auto after = json::scan(out_strict, limits);
  require(after.has_value());
  require(out.starts_with(text.substr(0, object.begin + 1)) && out.ends_with(text.substr(object.end - 1)));

  json::Span edited = object;
  edited.end = static_cast<std::uint32_t>(out.size() - (text.size() - object.end));
  std::vector<std::string_view> values = values_of(out, out_strict, edited);
  const auto is_new = [](std::string_view member) { return member.starts_with("\"\\u0001 ours\""); };
  require(std::ranges::count_if(values, is_new) == 1);
  std::erase_if(values, is_new);
  require(values == stays);
  return 0;
}
