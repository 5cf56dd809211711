#include "config/value_reader.hpp"

#include "base/durations.hpp"
#include "base/strings.hpp"
#include "config/values.hpp"

#include <utility>

#include <fmt/format.h>

namespace sallyport::config {
namespace {

bool hides_values(Type type) {
  return type == Type::arguments || type == Type::environment || type == Type::headers ||
         type == Type::token || type == Type::secret_url || type == Type::seal_keys;
}

}  // namespace

ValueReader::ValueReader(const Key& key, const Node& node, std::string path, const Machine& machine,
                         Draft& draft, Report& report)
    : key_(key),
      node_(node),
      path_(std::move(path)),
      report_(report),
      machine_(machine),
      draft_(draft),
      errors_before_(report.errors()) {
  remember(path_, node_.at);
}

void ValueReader::finish() {
  draft_.written[path_].valid = report_.errors() == errors_before_;
}

void ValueReader::remember(const std::string& path, Position at, bool foreign) {
  draft_.written.insert_or_assign(path, Written{report_.file(), at, true, foreign});
}

std::string ValueReader::found(const Node& node, bool foreign) const {
  switch (node.kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::sequence:
      return "a list";
    case Node::Kind::map:
      return "a map";
    case Node::Kind::scalar:
      break;
  }
  if (hides_values(key_.type)) return "a text";
  if (foreign) return "what `${…}` gave";
  return node.quoted ? fmt::format("the text \"{}\"", clip(node.text, 48))
                     : fmt::format("`{}`", clip(node.text, 64));
}

void ValueReader::mistake(const Node& node, std::string_view path, std::string what, std::string why,
                          std::string instead) {
  report_.error(node.at, path, {std::move(what), std::move(why), std::move(instead)});
}

bool ValueReader::may_stand(const Node& node, std::string_view path, std::optional<Finding> mistake) {
  if (mistake) report_.error(node.at, path, *std::move(mistake));
  return !mistake;
}

std::string ValueReader::example() const {
  if (key_.type == Type::boolean) return fmt::format("write `{0}: true` or `{0}: false`", key_.name());
  const bool tells = !key_.standard.empty() && key_.standard != "[]" && key_.standard != "{}";
  return fmt::format("write `{}: {}`", key_.name(), tells ? key_.standard : describe(key_.type).example);
}

void ValueReader::wrong_kind(const Node& node, std::string_view path, bool foreign) {
  mistake(node, path, fmt::format("`{}` is {}, not {}", path, found(node, foreign), describe(key_.type).name),
          std::string(describe(key_.type).form), example());
}

// For the key's own value, or for an entry of it.
void ValueReader::not_a_text(const Node& node, const std::string& path) {
  if (&node == &node_) return wrong_kind(node, path);
  mistake(node, path, fmt::format("`{}` is {}, not a text", path, found(node, false)),
          std::string(describe(key_.type).form), example());
}

std::optional<Expanded> ValueReader::text(const Node& node, const std::string& path) {
  if (node.kind != Node::Kind::scalar) {
    not_a_text(node, path);
    return std::nullopt;
  }
  auto expanded = expand(node.text, machine_, report_, node.at, path);
  if (expanded && expanded->text.find('\0') != std::string::npos) {
    mistake(node, path, fmt::format("`{}` holds a zero byte", path), "it would end the text", "remove it");
    return std::nullopt;
  }
  if (expanded) remember(path, node.at, expanded->foreign);
  return expanded;
}

// The same, for what is not a text: a quoted one is a text unless an expansion needed the quotes.
std::optional<Expanded> ValueReader::word() {
  auto expanded = text(node_, path_);
  const bool may_be_quoted = key_.type != Type::boolean && key_.type != Type::integer;
  if (expanded && node_.quoted && !expanded->foreign && !may_be_quoted) {
    wrong_kind(node_, path_);
    return std::nullopt;
  }
  return expanded;
}

void ValueReader::not_parsed(const Expanded& expanded) {
  const bool number = expanded.text.find_first_not_of("0123456789") == std::string::npos;
  const bool lacks_unit = (key_.type == Type::duration || key_.type == Type::rate) && number;
  if (!lacks_unit || expanded.foreign || expanded.text.empty())
    return wrong_kind(node_, path_, expanded.foreign);
  mistake(node_, path_, fmt::format("`{}` is {}, without a unit", path_, found(node_, false)),
          std::string(describe(key_.type).form),
          fmt::format("write `{}: {}{}`", key_.name(), clip(expanded.text, 32),
                      key_.type == Type::rate ? "/s" : "s"));
}

bool ValueReader::in_range(const Node& node, std::string_view path, std::uint64_t value,
                           std::string (*show)(std::uint64_t)) {
  if (key_.max == 0 || (value >= key_.min && value <= key_.max)) return true;
  const std::string why = key_.min == key_.max
                              ? fmt::format("this release knows {} only", show(key_.min))
                              : fmt::format("it must be from {} to {}", show(key_.min), show(key_.max));
  mistake(node, path, fmt::format("`{}` is out of range", path), why, example());
  return false;
}

bool ValueReader::count_in_range(std::uint64_t value) {
  return in_range(node_, path_, value, [](std::uint64_t count) { return std::to_string(count); });
}

bool ValueReader::size_in_range(std::uint64_t value) {
  return in_range(node_, path_, value, [](std::uint64_t size) { return format_size(size); });
}

bool ValueReader::duration_in_range(const Node& node, std::string_view path, Milliseconds value) {
  return in_range(node, path, static_cast<std::uint64_t>(value.count()), [](std::uint64_t ms) {
    return format_duration(Milliseconds(static_cast<std::int64_t>(ms)));
  });
}

}  // namespace sallyport::config
