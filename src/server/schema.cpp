#include "server/schema.hpp"

#include "errors/tool_errors.hpp"
#include "json/scanner.hpp"
#include "protocol/decimal.hpp"
#include "server/checked_schema.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace sallyport {
namespace detail {
namespace {

constexpr std::size_t max_elements = 1'000'000;  // of an array: what a request can hold is less

json::Span whole(Input in) {
  return {0, static_cast<std::uint32_t>(in.size())};
}

bool is_number(Input in) {
  return in.front() == '-' || (in.front() >= '0' && in.front() <= '9');
}

// "5.0" and "5e0" are the integer 5.
template <class T>
std::optional<T> integer(Input in) {
  const std::string plain = protocol::plain_decimal(in);
  T value{};
  const auto [end, status] = std::from_chars(plain.data(), plain.data() + plain.size(), value);
  if (status != std::errc{} || end != plain.data() + plain.size()) return std::nullopt;
  return value;
}

bool is_whole(Input in) {
  return protocol::plain_decimal(in).find_first_of(".eE") == std::string::npos;
}

std::string between(const std::string& min, const std::string& max) {
  return "must be between " + min + " and " + max;
}

std::string escaped_step(std::string_view step) {
  std::string out = "/";
  for (const char c : step) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

Check misfit(std::string rule) {
  return Misfit{{}, std::move(rule)};
}

Check inside(std::string_view step, Check found) {
  if (found) found->pointer.insert(0, escaped_step(step));
  return found;
}

std::string integer_schema(bool is_signed) {
  return is_signed ? R"({"type":"integer"})" : R"({"type":"integer","minimum":0})";
}

std::string nullable_schema(const std::string& schema) {
  return R"({"anyOf":[)" + schema + R"(,{"type":"null"}]})";
}

std::string array_schema(const std::string& items) {
  return R"({"type":"array","items":)" + items + "}";
}

std::string map_schema(const std::string& values) {
  return R"({"type":"object","additionalProperties":)" + values + "}";
}

std::string enum_schema(const std::vector<std::string_view>& names) {
  Json words = Json::array();
  for (const std::string_view name : names) words.push_back(name);
  return R"({"type":"string","enum":)" + words.text() + "}";
}

Check read_integer(Input in, std::int64_t min, std::int64_t max, std::int64_t& out) {
  if (!is_number(in) || !is_whole(in)) return misfit("must be an integer");
  const auto value = integer<std::int64_t>(in);
  if (!value || *value < min || *value > max)
    return misfit(between(std::to_string(min), std::to_string(max)));
  out = *value;
  return std::nullopt;
}

Check read_unsigned(Input in, std::uint64_t max, std::uint64_t& out) {
  if (!is_number(in) || !is_whole(in)) return misfit("must be an integer");
  const auto value = integer<std::uint64_t>(in);
  if (!value || *value > max) return misfit(between("0", std::to_string(max)));
  out = *value;
  return std::nullopt;
}

Check read_number(Input in, double& out) {
  if (!is_number(in)) return misfit("must be a number");
  const auto [end, status] = std::from_chars(in.data(), in.data() + in.size(), out);
  if (status != std::errc{} || end != in.data() + in.size()) return misfit("must be a number that fits");
  return std::nullopt;
}

Check read_enum(Input in, const std::vector<std::string_view>& names, std::size_t& index) {
  if (in.front() == '"') {
    const auto found =
        std::ranges::find_if(names, [&](std::string_view name) { return json::equals_unescaped(in, name); });
    if (found != names.end()) {
      index = static_cast<std::size_t>(found - names.begin());
      return std::nullopt;
    }
  }
  std::string rule = "must be one of ";
  for (const std::string_view name : names) {
    if (name != names.front()) rule += ", ";
    rule += name;
  }
  return misfit(std::move(rule));
}

Check read_array(Input in, const std::function<Check(Input)>& element) {
  if (in.front() != '[') return misfit("must be an array");
  json::ElementCursor cursor(in, whole(in));
  std::size_t index = 0;
  while (const auto value = cursor.next()) {
    if (index == max_elements) return misfit("must have fewer elements");
    if (Check found = element(value->of(in))) return inside(std::to_string(index), std::move(found));
    ++index;
  }
  return std::nullopt;
}

// The keys are the caller's: a place inside is named by the map alone.
Check read_map(Input in, const std::function<Check(std::string, Input)>& member) {
  if (in.front() != '{') return misfit("must be an object");
  json::MemberCursor cursor(in, whole(in));
  while (const auto each = cursor.next())
    if (Check found = member(json::unescape(each->key.of(in)), each->value.of(in))) {
      found->rule = "a value in it " + found->rule;
      found->pointer.clear();
      return found;
    }
  return std::nullopt;
}

bool is_null(Input in) {
  return in == "null";
}

void write_integer(std::int64_t value, std::string& out) {
  out += std::to_string(value);
}

void write_unsigned(std::uint64_t value, std::string& out) {
  out += std::to_string(value);
}

void write_number(double value, std::string& out) {
  out += Json(value).text();
}

void write_string(std::string_view value, std::string& out) {
  json::append_quoted(out, value);
}

std::string Codec<bool>::schema() {
  return R"({"type":"boolean"})";
}

Check Codec<bool>::read(Input in, bool& out) {
  if (in != "true" && in != "false") return misfit("must be true or false");
  out = in == "true";
  return std::nullopt;
}

void Codec<bool>::write(bool value, std::string& out) {
  out += value ? "true" : "false";
}

std::string Codec<std::string>::schema() {
  return R"({"type":"string"})";
}

Check Codec<std::string>::read(Input in, std::string& out) {
  if (in.front() != '"') return misfit("must be a string");
  out = json::unescape(in);
  return std::nullopt;
}

}  // namespace detail

namespace {

using detail::Check;
using detail::Input;
using detail::misfit;

std::string number_text(double value) {
  return Json(value).text();
}

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string size_rule(std::string_view verb, std::pair<std::size_t, std::size_t> bounds,
                      std::string_view what) {
  return "must " + std::string(verb) + " " + std::to_string(bounds.first) + " to " +
         std::to_string(bounds.second) + " " + std::string(what);
}

bool outside(std::size_t size, std::pair<std::size_t, std::size_t> bounds) {
  return size < bounds.first || size > bounds.second;
}

}  // namespace

Field::Field(std::string_view name, std::string_view description, Access access)
    : name_(name),
      schema_(Json::trusted(access.schema)),
      access_(std::move(access)),
      nullable_(!access_.required) {
  if (!description.empty()) schema_.set("description", description);
}

Field& Field::optional() {
  defaulted_ = true;
  return *this;
}

Field& Field::title(std::string_view title) {
  return say("title", title);
}

Field& Field::min(double value) {
  min_ = value;
  return say("minimum", value);
}

Field& Field::max(double value) {
  max_ = value;
  return say("maximum", value);
}

Field& Field::length(std::size_t least, std::size_t most) {
  length_ = {least, most};
  return say("minLength", least).say("maxLength", most);
}

Field& Field::items(std::size_t least, std::size_t most) {
  items_ = {least, most};
  return say("minItems", least).say("maxItems", most);
}

Field& Field::format(std::string_view name) {
  return say("format", name);
}

Field& Field::examples(const Json& list) {
  return say("examples", list);
}

Field& Field::deprecated() {
  return say("deprecated", true);
}

Field& Field::header(std::string_view name) {
  return say("x-mcp-header", name);
}

Field& Field::say(std::string_view name, const Json& value) {
  schema_.set(name, value);
  return *this;
}

Field& Field::keyword(std::string_view name, const Json& value) {
  keywords_ = true;
  return say(name, value);
}

void Field::finish(const void* initial) {
  std::string value;
  if (defaulted_) {
    access_.required = false;
    if (access_.write(initial, value)) say("default", Json::trusted(std::move(value)));
  }
  if (!keywords_) return;
  auto compiled = server::checked_schema(schema_.text());
  if (!compiled) throw ToolInputSchemaError("the schema of '" + name_ + "' " + compiled.error());
  rules_ = *std::move(compiled);
}

// Of the right type already.
Check Field::check(Input in) const {
  double number = 0;
  if ((min_ || max_) && !detail::is_null(in) && !detail::read_number(in, number)) {
    if (min_ && number < *min_) return misfit("must be at least " + number_text(*min_));
    if (max_ && number > *max_) return misfit("must be at most " + number_text(*max_));
  }
  if (length_ && in.front() == '"' && outside(characters(json::unescape(in)), *length_))
    return misfit(size_rule("have", *length_, "characters"));
  if (items_ && in.front() == '[') {
    std::size_t count = 0;
    (void)detail::read_array(in, [&](Input) -> Check {
      ++count;
      return std::nullopt;
    });
    if (outside(count, *items_)) return misfit(size_rule("have", *items_, "items"));
  }
  if (!rules_ || (nullable_ && detail::is_null(in))) return std::nullopt;
  return server::misfit_of(*rules_, in);
}

Field& Shape::add(std::string_view name, std::string_view description, Field::Access access) {
  return fields_.emplace_back(name, description, std::move(access));
}

void Shape::finish(const void* initial) {
  Json properties = Json::object();
  Json required = Json::array();
  for (Field& field : fields_) {
    field.finish(initial);
    if (field.access_.required) required.push_back(field.name_);
    properties.set(field.name_, field.schema_);
  }
  Json schema = Json::object({{"type", "object"}, {"properties", properties}});
  if (required != Json::array()) schema.set("required", required);
  schema.set("additionalProperties", false);
  schema_ = schema.text();
}

Check Shape::read(Input in, void* object) const {
  if (in.front() != '{') return misfit("must be an object");
  std::vector<bool> seen(fields_.size());
  json::MemberCursor cursor(in, {0, static_cast<std::uint32_t>(in.size())});
  while (const auto member = cursor.next()) {
    const std::string_view key = member->key.of(in);
    const auto field = std::ranges::find_if(
        fields_, [&](const Field& each) { return json::equals_unescaped(key, each.name_); });
    if (field == fields_.end()) return misfit("must not have members that the schema does not name");
    const Input value = member->value.of(in);
    Check found = field->access_.read(value, object);
    if (!found) found = field->check(value);
    if (found) return detail::inside(field->name_, std::move(found));
    seen[static_cast<std::size_t>(field - fields_.begin())] = true;
  }
  for (std::size_t i = 0; i < fields_.size(); ++i)
    if (!seen[i] && fields_[i].access_.required)
      return detail::inside(fields_[i].name_, misfit("is required"));
  return std::nullopt;
}

void Shape::write(const void* object, std::string& out) const {
  out += '{';
  bool first = true;
  for (const Field& field : fields_) {
    std::string value;
    if (!field.access_.write(object, value)) continue;
    if (!std::exchange(first, false)) out += ',';
    detail::write_string(field.name_, out);
    out += ':';
    out += value;
  }
  out += '}';
}

}  // namespace sallyport
