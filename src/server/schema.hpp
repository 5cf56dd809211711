// How C++ types look as JSON: their schema, and the way from a checked JSON text to a value and back.
//
// A struct says what its members are called and what they mean:
//
//   struct Forecast {
//     std::string city;
//     int days = 3;
//     std::optional<Unit> unit;
//     static void describe(sallyport::Fields<Forecast>& field) {
//       field("city", &Forecast::city, "Name of the city").length(1, 100);
//       field("days", &Forecast::days, "How many days ahead").range(1, 14).optional();
//       field("unit", &Forecast::unit);
//     }
//   };
//
// and an enumeration its words:
//
//   constexpr auto enum_names(Unit) { return std::array{std::pair{Unit::metric, "metric"}, …}; }
#pragma once

#include "server/json.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace sallyport {

namespace schema {
class Schema;
}

namespace detail {

// One JSON value in a text that was scanned, without white space around it.
using Input = std::string_view;

// Where a value does not fit, and the rule that it breaks; never the value.
struct Misfit {
  std::string pointer;  // a JSON Pointer from the root of the arguments
  std::string rule;
};
using Check = std::optional<Misfit>;

Check misfit(std::string rule);
Check inside(std::string_view step, Check found);  // the same, one level further out

std::string integer_schema(bool is_signed);
std::string nullable_schema(const std::string& schema);
std::string array_schema(const std::string& items);
std::string map_schema(const std::string& values);
std::string enum_schema(const std::vector<std::string_view>& names);

Check read_integer(Input in, std::int64_t min, std::int64_t max, std::int64_t& out);
Check read_unsigned(Input in, std::uint64_t max, std::uint64_t& out);
Check read_number(Input in, double& out);
Check read_enum(Input in, const std::vector<std::string_view>& names, std::size_t& index);
Check read_array(Input in, const std::function<Check(Input)>& element);
Check read_map(Input in, const std::function<Check(std::string key, Input)>& member);
bool is_null(Input in);

void write_integer(std::int64_t value, std::string& out);
void write_unsigned(std::uint64_t value, std::string& out);
void write_number(double value, std::string& out);
void write_string(std::string_view value, std::string& out);

}  // namespace detail

// What is said of one member of a struct, or of one parameter of a function.
class Field {
 public:
  // May be left out: the member then keeps its initial value, which the schema names as the default.
  Field& optional();
  Field& title(std::string_view title);
  Field& min(double value);  // of a number, both inclusive
  Field& max(double value);
  Field& range(double least, double most) { return min(least).max(most); }
  Field& length(std::size_t least, std::size_t most);  // of a string, in characters
  Field& items(std::size_t least, std::size_t most);   // of an array
  Field& format(std::string_view name);                // told to clients, not checked
  Field& examples(const Json& list);
  Field& deprecated();
  // The header Mcp-Param-{name} repeats the value in the modern era, for proxies that route by it.
  Field& header(std::string_view name);
  // Any other member of the property's schema. What JSON Schema makes a rule is checked, beside what the type
  // demands; the type's own keywords cannot be loosened by it. Who registers the function with it gets a
  // ToolInputSchemaError if the schema cannot be checked: a `$ref` out of it, a `pattern` that RE2 has not.
  Field& keyword(std::string_view name, const Json& value);

  // What makes a Field: how its schema looks, how it is read into the object that it is part of, and how it
  // is written; false: it is absent.
  struct Access {
    std::string schema;
    bool required = true;
    std::function<detail::Check(detail::Input, void*)> read;
    std::function<bool(const void*, std::string&)> write;
  };
  Field(std::string_view name, std::string_view description, Access access);

  const std::string& name() const noexcept { return name_; }  // of the member in JSON

 private:
  friend class Shape;
  Field& say(std::string_view name, const Json& value);
  void finish(const void* initial);
  detail::Check check(detail::Input in) const;

  std::string name_;
  Json schema_;
  Access access_;
  bool nullable_;  // null is the same as nothing
  bool defaulted_ = false;
  bool keywords_ = false;                        // the author's own
  std::shared_ptr<const schema::Schema> rules_;  // null: without any
  std::optional<double> min_, max_;
  std::optional<std::pair<std::size_t, std::size_t>> length_, items_;
};

// The members of one object type.
class Shape {
 public:
  Field& add(std::string_view name, std::string_view description, Field::Access access);
  // Takes the defaults from an object as it is without any argument, and renders the schema.
  void finish(const void* initial);

  const std::string& schema() const noexcept { return schema_; }
  // Strict: a member that is not there, one too many, and a value that does not fit are refused.
  detail::Check read(detail::Input in, void* object) const;
  void write(const void* object, std::string& out) const;

 private:
  std::deque<Field> fields_;  // references to them stay
  std::string schema_;
};

template <class T>
class Fields;

// A struct with `static void describe(Fields<T>&)`.
template <class T>
concept Described = std::is_class_v<T> && std::default_initializable<T> &&
                    requires(Fields<T>& fields) { T::describe(fields); };

// An enumeration with `enum_names(T)`: pairs of a value and its word.
template <class T>
concept Enumerated = std::is_enum_v<T> && requires(T value) { enum_names(value); };

namespace detail {

// Schema, reading and writing of one type; what has no specialisation has no JSON form.
template <class T>
struct Codec;

template <class T>
concept Coded = requires { Codec<T>::schema(); };

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

// Of a value in a list or a map, where nothing has to be written as null.
template <class T>
std::string element_schema() {
  return is_optional<T> ? nullable_schema(Codec<T>::schema()) : Codec<T>::schema();
}

template <>
struct Codec<bool> {
  static std::string schema();
  static Check read(Input in, bool& out);
  static void write(bool value, std::string& out);
};

template <std::signed_integral T>
struct Codec<T> {
  static std::string schema() { return integer_schema(true); }
  static Check read(Input in, T& out) {
    std::int64_t value = 0;
    Check found = read_integer(in, std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), value);
    if (!found) out = static_cast<T>(value);
    return found;
  }
  static void write(T value, std::string& out) { write_integer(value, out); }
};

template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>)
struct Codec<T> {
  static std::string schema() { return integer_schema(false); }
  static Check read(Input in, T& out) {
    std::uint64_t value = 0;
    Check found = read_unsigned(in, std::numeric_limits<T>::max(), value);
    if (!found) out = static_cast<T>(value);
    return found;
  }
  static void write(T value, std::string& out) { write_unsigned(value, out); }
};

template <std::floating_point T>
struct Codec<T> {
  static std::string schema() { return R"({"type":"number"})"; }
  static Check read(Input in, T& out) {
    double value = 0;
    Check found = read_number(in, value);
    if (!found) out = static_cast<T>(value);
    return found;
  }
  static void write(T value, std::string& out) { write_number(value, out); }
};

template <>
struct Codec<std::string> {
  static std::string schema();
  static Check read(Input in, std::string& out);
  static void write(const std::string& value, std::string& out) { write_string(value, out); }
};

template <>
struct Codec<Json> {
  static std::string schema() { return "{}"; }
  static Check read(Input in, Json& out) {
    out = Json::trusted(std::string(in));
    return std::nullopt;
  }
  static void write(const Json& value, std::string& out) { out += value.text(); }
};

template <Enumerated T>
struct Codec<T> {
  static const std::vector<std::string_view>& names() {
    static const std::vector<std::string_view> all = [] {
      std::vector<std::string_view> list;
      for (const auto& [value, name] : enum_names(T{})) list.emplace_back(name);
      return list;
    }();
    return all;
  }
  static std::string schema() { return enum_schema(names()); }
  static Check read(Input in, T& out) {
    std::size_t index = 0;
    Check found = read_enum(in, names(), index);
    if (found) return found;
    for (const auto& [value, name] : enum_names(T{}))
      if (name == names()[index]) out = value;
    return found;
  }
  static void write(T value, std::string& out) {
    for (const auto& [each, name] : enum_names(T{}))
      if (each == value) return write_string(name, out);
    out += "null";
  }
};

// Null is the same as nothing.
template <Coded T>
struct Codec<std::optional<T>> {
  static std::string schema() { return Codec<T>::schema(); }
  static Check read(Input in, std::optional<T>& out) {
    if (is_null(in)) {
      out.reset();
      return std::nullopt;
    }
    return Codec<T>::read(in, out.emplace());
  }
  static void write(const std::optional<T>& value, std::string& out) {
    if (value) return Codec<T>::write(*value, out);
    out += "null";
  }
};

template <Coded T>
struct Codec<std::vector<T>> {
  static std::string schema() { return array_schema(element_schema<T>()); }
  static Check read(Input in, std::vector<T>& out) {
    out.clear();
    return read_array(in, [&out](Input element) {
      T value{};
      Check found = Codec<T>::read(element, value);
      if (!found) out.push_back(std::move(value));
      return found;
    });
  }
  static void write(const std::vector<T>& values, std::string& out) {
    out += '[';
    bool first = true;
    for (const T& value : values) {
      if (!std::exchange(first, false)) out += ',';
      Codec<T>::write(value, out);
    }
    out += ']';
  }
};

template <Coded T>
struct Codec<std::map<std::string, T>> {
  static std::string schema() { return map_schema(element_schema<T>()); }
  static Check read(Input in, std::map<std::string, T>& out) {
    out.clear();
    return read_map(
        in, [&out](std::string key, Input member) { return Codec<T>::read(member, out[std::move(key)]); });
  }
  static void write(const std::map<std::string, T>& values, std::string& out) {
    out += '{';
    bool first = true;
    for (const auto& [key, value] : values) {
      if (!std::exchange(first, false)) out += ',';
      write_string(key, out);
      out += ':';
      Codec<T>::write(value, out);
    }
    out += '}';
  }
};

template <Described T>
const Shape& shape_of();

template <Described T>
struct Codec<T> {
  static std::string schema() { return shape_of<T>().schema(); }
  static Check read(Input in, T& out) { return shape_of<T>().read(in, &out); }
  static void write(const T& value, std::string& out) { shape_of<T>().write(&value, out); }
};

template <class M>
void write_member(const M& value, std::string& out) {
  Codec<M>::write(value, out);
}

// A member that is reached through a function from the object.
template <class M, class Object, class Reach>
Field::Access access(Reach reach) {
  return {.schema = Codec<M>::schema(),
          .required = !is_optional<M>,
          .read = [reach](Input in,
                          void* object) { return Codec<M>::read(in, reach(*static_cast<Object*>(object))); },
          .write =
              [reach](const void* object, std::string& out) {
                const M& value = reach(*static_cast<const Object*>(object));
                if constexpr (is_optional<M>) {
                  if (!value) return false;
                }
                write_member(value, out);
                return true;
              }};
}

}  // namespace detail

// Given to `describe`: called for each member with its name in JSON, the pointer to it and what it means.
// Members that are not named are not there.
template <class T>
class Fields {
 public:
  explicit Fields(Shape& shape) noexcept : shape_(&shape) {}

  // Gives the Field, to say more of the member.
  template <detail::Coded M>
  Field& operator()(std::string_view name, M T::* member, std::string_view description = {}) {
    return shape_->add(name, description,
                       detail::access<M, T>([member](auto& object) -> auto& { return object.*member; }));
  }

 private:
  Shape* shape_;
};

template <Described T>
const Shape& detail::shape_of() {
  static const Shape shape = [] {
    Shape made;
    Fields<T> fields(made);
    T::describe(fields);
    const T initial{};
    made.finish(&initial);
    return made;
  }();
  return shape;
}

}  // namespace sallyport
