#include "protocol/entry.hpp"

#include "json/splice.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace sallyport::protocol {
namespace {

using json::Type;

constexpr std::size_t max_name_bytes = 256;
constexpr std::size_t max_uri_bytes = 4096;

constexpr unsigned in(List list) {
  return 1U << static_cast<unsigned>(list);
}
constexpr unsigned everywhere =
    in(List::tools) | in(List::resources) | in(List::templates) | in(List::prompts);
constexpr unsigned with_content = in(List::resources) | in(List::templates);

enum class Need : std::uint8_t { optional, vital, required };  // vital: of the right type, if it is there

// What the spec says of the members of an entry; others pass as they are.
struct MemberRule {
  std::string_view name;
  unsigned lists;
  Type type;  // absent: any
  Need need = Need::optional;
  Revision since = Revision::v2024_11_05;
};

constexpr std::array rules{
    MemberRule{"name", with_content, Type::string, Need::required},
    MemberRule{"title", everywhere, Type::string, Need::optional, Revision::v2025_06_18},
    MemberRule{"description", everywhere, Type::string},
    MemberRule{"icons", everywhere, Type::array, Need::optional, Revision::v2025_11_25},
    MemberRule{"_meta", everywhere, Type::object, Need::optional, Revision::v2025_06_18},
    MemberRule{"inputSchema", in(List::tools), Type::object, Need::vital},
    MemberRule{"outputSchema", in(List::tools), Type::absent, Need::optional, Revision::v2025_06_18},
    MemberRule{"annotations", in(List::tools), Type::object, Need::optional, Revision::v2025_03_26},
    MemberRule{"annotations", with_content, Type::object},
    MemberRule{"mimeType", with_content, Type::string},
    MemberRule{"size", in(List::resources), Type::number},
    MemberRule{"arguments", in(List::prompts), Type::array, Need::vital},
};

const MemberRule* rule_of(List list, std::string_view text, const json::Member& member) {
  const auto found = std::ranges::find_if(rules, [&](const MemberRule& rule) {
    return (rule.lists & in(list)) != 0 && json::equals_unescaped(member.key.of(text), rule.name);
  });
  return found == rules.end() ? nullptr : &*found;
}

// Each argument of a prompt is an object with a name.
bool usable_arguments(std::string_view text, const json::Value& arguments) {
  json::ElementCursor cursor(text, arguments.span);
  while (const auto argument = cursor.next()) {
    if (!argument->is(Type::object)) return false;
    if (!json::find_member(text, argument->span, "name").value.is(Type::string)) return false;
  }
  return true;
}

bool fits(const MemberRule& rule, std::string_view text, const json::Value& value) {
  if (rule.type == Type::absent) return true;
  if (!value.is(rule.type)) return false;
  return rule.name != "arguments" || usable_arguments(text, value);
}

json::Span whole(std::string_view text) {
  return {0, static_cast<std::uint32_t>(text.size())};
}

// Up to 2025-11-25 an outputSchema has an object at its root; another one makes clients refuse the whole
// list.
bool legacy_output(std::string_view text, const json::Value& schema) {
  if (!schema.is(Type::object)) return false;
  const json::Member type = json::find_member(text, schema.span, "type");
  return type.value.is(Type::string) && json::equals_unescaped(type.value.of(text), "object");
}

bool known_to(Revision revision, List list, std::string_view text, const json::Member& member) {
  // Whether a tool runs as a task is said by tools of 2025-11-25 alone.
  if (list == List::tools && json::equals_unescaped(member.key.of(text), "execution"))
    return revision == Revision::v2025_11_25;
  const MemberRule* rule = rule_of(list, text, member);
  if (!rule) return true;
  if (revision < rule->since) return false;
  const bool any_output = era(revision) == Era::modern || rule->name != "outputSchema";
  return any_output || legacy_output(text, member.value);
}

}  // namespace

std::optional<Entry> read_entry(List list, std::string_view bytes, const json::Value& element,
                                std::string& note) {
  const ListRow& kind = row(list);
  note = "an entry: not an object";
  if (!element.is(Type::object)) return std::nullopt;
  const std::string_view text = element.of(bytes);
  const json::Value key = json::find_member(text, whole(text), kind.key).value;
  const bool name = kind.key == "name";
  note = "an entry: no usable " + std::string(kind.key);
  if (!key.is(Type::string) || key.span.size() > (name ? max_name_bytes : max_uri_bytes)) return std::nullopt;
  Entry entry{json::unescape(key.of(text)), {}};
  if (entry.key.empty()) return std::nullopt;
  note.clear();

  json::Splice splice(text);
  std::size_t required = 0;
  json::MemberCursor members(text, whole(text));
  while (const auto member = members.next()) {
    const MemberRule* rule = rule_of(list, text, *member);
    if (!rule) continue;
    if (rule->need == Need::required) ++required;
    if (fits(*rule, text, member->value)) continue;
    note = entry.key + ": its " + std::string(rule->name) + " is of the wrong type";
    if (rule->need != Need::optional) return std::nullopt;
    splice.remove(*member);
  }
  if ((in(list)&with_content) != 0 && required == 0) {
    note = entry.key + ": no name";
    return std::nullopt;
  }
  entry.definition = splice.to_string();
  return entry;
}

std::string render_entry(List list, std::string_view definition, std::string_view shown, Revision revision) {
  json::Splice splice(definition);
  if (!shown.empty()) {
    const json::Member key = json::find_member(definition, whole(definition), row(list).key);
    splice.replace(key.value.span, json::quote(shown));
  }
  json::MemberCursor members(definition, whole(definition));
  while (const auto member = members.next())
    if (!known_to(revision, list, definition, *member)) splice.remove(*member);
  return splice.to_string();
}

}  // namespace sallyport::protocol
