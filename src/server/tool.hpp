// A tool: what clients are told of it, and the function behind it.
#pragma once

#include "server/content.hpp"
#include "server/context.hpp"
#include "server/schema.hpp"
#include "task/task.hpp"

#include <concepts>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace sallyport {

// The name of a parameter of an ordinary function, and what it means.
struct Param {
  std::string_view name;
  std::string_view description = {};
};

// What a client can be asked for.
enum class Capability : std::uint8_t { sampling, elicitation, roots };

namespace detail {

// What a function became: how its arguments and its result look, and how it is called with a JSON object.
// One of `sync` and `async` is there.
struct ToolBody {
  std::string input_schema;
  std::string output_schema;  // empty: none
  std::function<Result<ToolResult>(Input arguments, Context& context)> sync;
  std::function<Task<ToolResult>(Input arguments, Context& context)> async;
};

}  // namespace detail

class Tool {
 public:
  Tool(std::string_view name, std::string_view description, detail::ToolBody body);

  Tool& title(std::string_view title);
  Tool& description(std::string_view text);
  // Hints, not promises: whether clients believe them is theirs to say.
  Tool& read_only(bool value = true);
  Tool& destructive(bool value = true);
  Tool& idempotent(bool value = true);
  Tool& open_world(bool value = true);
  Tool& icon(const Icon& icon);
  Tool& meta(std::string_view key, const Json& value);
  // Says that it will go, and in whose favour.
  Tool& deprecated(std::string_view why);
  // In the place of the schema that was derived. The arguments of a function that takes Json are checked to
  // be an object, no more.
  Tool& input_schema(const Json& schema);
  Tool& output_schema(const Json& schema);
  // Callable, but not in the list.
  Tool& hidden(bool value = true);
  // A client without this capability is refused before the function runs.
  Tool& needs(Capability capability);

  const std::string& name() const noexcept { return name_; }
  bool is_hidden() const noexcept { return hidden_; }
  bool is_idempotent() const noexcept { return idempotent_; }
  const std::vector<Capability>& needed() const noexcept { return needed_; }
  const detail::ToolBody& body() const noexcept { return body_; }
  std::string definition() const;  // as clients of the newest revision see it

 private:
  std::string name_;
  detail::ToolBody body_;
  Json definition_;
  Json annotations_;
  Json icons_;
  Json meta_;
  std::vector<Capability> needed_;
  bool hidden_ = false;
  bool idempotent_ = false;
};

namespace detail {

// ---- What a function takes and gives.

template <class F>
struct Signature : Signature<decltype(&F::operator())> {};
template <class R, class... P>
struct Signature<R (*)(P...)> {
  using Return = R;
  using Parameters = std::tuple<P...>;
};
template <class R, class... P>
struct Signature<R (*)(P...) noexcept> : Signature<R (*)(P...)> {};
template <class C, class R, class... P>
struct Signature<R (C::*)(P...)> : Signature<R (*)(P...)> {};
template <class C, class R, class... P>
struct Signature<R (C::*)(P...) const> : Signature<R (*)(P...)> {};
template <class C, class R, class... P>
struct Signature<R (C::*)(P...) const noexcept> : Signature<R (*)(P...)> {};

template <class P>
inline constexpr bool is_context = std::same_as<std::remove_cvref_t<P>, Context>;

// The values of the parameters but for the Context, which has none.
struct NoValue {};
template <class P>
using Stored = std::conditional_t<is_context<P>, NoValue, std::remove_cvref_t<P>>;

template <class Parameters>
struct Values;
template <class... P>
struct Values<std::tuple<P...>> {
  using Tuple = std::tuple<Stored<P>...>;
  static constexpr std::size_t count = (std::size_t{0} + ... + (is_context<P> ? 0 : 1));
  static constexpr bool one_object =
      count == 1 &&
      ((is_context<P> || Described<std::remove_cvref_t<P>> || std::same_as<std::remove_cvref_t<P>, Json>) &&
       ...);
};

// A struct (or Json) is the whole object; other parameters are members of it.
class Reader {
 public:
  template <class Parameters>
  static Reader of(std::initializer_list<Param> params) {
    using V = Values<Parameters>;
    Reader made;
    if constexpr (V::one_object) {
      made.read_object<Parameters>(std::make_index_sequence<std::tuple_size_v<Parameters>>());
    } else {
      require_names(V::count, params);
      made.read_members<Parameters>(params, std::make_index_sequence<std::tuple_size_v<Parameters>>());
    }
    return made;
  }

  const std::string& schema() const noexcept { return schema_; }
  Result<void> read(Input arguments, void* values) const;

 private:
  static void require_names(std::size_t count, std::initializer_list<Param> params);

  template <class Parameters, std::size_t... I>
  void read_object(std::index_sequence<I...>) {
    (read_whole<Parameters, I>(), ...);
  }
  template <class Parameters, std::size_t I>
  void read_whole() {
    using P = std::remove_cvref_t<std::tuple_element_t<I, Parameters>>;
    using Tuple = typename Values<Parameters>::Tuple;
    if constexpr (!is_context<P>) {
      schema_ = std::same_as<P, Json> ? R"({"type":"object"})" : Codec<P>::schema();
      read_ = [](Input in, void* values) {
        return Codec<P>::read(in, std::get<I>(*static_cast<Tuple*>(values)));
      };
    }
  }

  template <class Parameters, std::size_t... I>
  void read_members(std::initializer_list<Param> params, std::index_sequence<I...>) {
    Shape shape;
    const Param* next = params.begin();
    (add_member<Parameters, I>(shape, next), ...);
    finish(std::move(shape));
  }
  template <class Parameters, std::size_t I>
  void add_member(Shape& shape, const Param*& next) {
    using P = std::tuple_element_t<I, Parameters>;
    if constexpr (!is_context<P>) {
      using M = std::remove_cvref_t<P>;
      using Tuple = typename Values<Parameters>::Tuple;
      shape.add(next->name, next->description,
                access<M, Tuple>([](auto& tuple) -> auto& { return std::get<I>(tuple); }));
      ++next;
    }
  }
  void finish(Shape shape);

  std::string schema_;
  std::function<Check(Input, void*)> read_;
};

// Values are moved into parameters; a parameter by reference finds them where they are, until the call ends.
template <class P, class Stored>
decltype(auto) pass(Stored& value, Context& context) {
  if constexpr (is_context<P>) {
    return (context);
  } else {
    return std::move(value);
  }
}

template <class Parameters, class F, class Tuple, std::size_t... I>
decltype(auto) apply(F& function, Tuple& values, Context& context, std::index_sequence<I...>) {
  return function(pass<std::tuple_element_t<I, Parameters>>(std::get<I>(values), context)...);
}

// ---- From what a function returns to a ToolResult.

template <class T>
struct Unwrapped {
  using type = T;
};
template <class T>
struct Unwrapped<Result<T>> {
  using type = T;
};
template <class T>
struct Unwrapped<Task<T>> {
  using type = T;
};

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<Task<T>> = true;
template <class T>
inline constexpr bool is_result = false;
template <class T>
inline constexpr bool is_result<Result<T>> = true;

template <class T>
concept Blocks =
    std::same_as<T, ToolResult> || std::same_as<T, Content> || std::same_as<T, std::vector<Content>>;
template <class T>
concept PlainText = std::convertible_to<T, std::string_view>;

ToolResult structured_result(std::string json);  // an object
ToolResult wrapped_result(std::string json);     // anything else, as the member `result` of an object
ToolResult json_result(Json value);
std::string wrapped_schema(const std::string& schema);

template <class T>
std::string output_schema() {
  if constexpr (std::is_void_v<T> || Blocks<T> || PlainText<T> || std::same_as<T, Json>) {
    return {};
  } else if constexpr (Described<T>) {
    return Codec<T>::schema();
  } else {
    return wrapped_schema(Codec<T>::schema());
  }
}

template <class T>
ToolResult to_tool_result(T&& value) {
  using Value = std::remove_cvref_t<T>;
  if constexpr (Blocks<Value>) {
    return ToolResult(std::forward<T>(value));
  } else if constexpr (PlainText<Value>) {
    return Content::text(value);
  } else if constexpr (std::same_as<Value, Json>) {
    return json_result(std::forward<T>(value));
  } else {
    std::string json;
    Codec<Value>::write(value, json);
    return Described<Value> ? structured_result(std::move(json)) : wrapped_result(std::move(json));
  }
}

template <class F>
Task<ToolResult> run_async(F& function, const Reader& reader, Input arguments, Context& context) {
  using Parameters = typename Signature<F>::Parameters;
  using T = typename Unwrapped<typename Signature<F>::Return>::type;
  typename Values<Parameters>::Tuple values{};
  CO_TRY(reader.read(arguments, &values));
  auto result = co_await apply<Parameters>(function, values, context,
                                           std::make_index_sequence<std::tuple_size_v<Parameters>>());
  if (!result) co_return Failure(std::move(result).error());
  if constexpr (std::is_void_v<T>) {
    co_return ToolResult();
  } else {
    co_return to_tool_result(*std::move(result));
  }
}

template <class F>
Result<ToolResult> run_sync(F& function, const Reader& reader, Input arguments, Context& context) {
  using Parameters = typename Signature<F>::Parameters;
  using Return = typename Signature<F>::Return;
  constexpr auto each = std::make_index_sequence<std::tuple_size_v<Parameters>>();
  typename Values<Parameters>::Tuple values{};
  TRY(reader.read(arguments, &values));
  if constexpr (is_result<Return>) {
    auto result = apply<Parameters>(function, values, context, each);
    if (!result) return Failure(std::move(result).error());
    if constexpr (std::is_void_v<typename Return::value_type>) {
      return ToolResult();
    } else {
      return to_tool_result(*std::move(result));
    }
  } else if constexpr (std::is_void_v<Return>) {
    apply<Parameters>(function, values, context, each);
    return ToolResult();
  } else {
    return to_tool_result(apply<Parameters>(function, values, context, each));
  }
}

template <class F>
ToolBody make_body(F function, std::initializer_list<Param> params) {
  using Parameters = typename Signature<F>::Parameters;
  using Return = typename Signature<F>::Return;
  ToolBody body;
  Reader reader = Reader::of<Parameters>(params);
  body.input_schema = reader.schema();
  body.output_schema = output_schema<typename Unwrapped<Return>::type>();
  if constexpr (is_task<Return>) {
    body.async = [function = std::move(function), reader = std::move(reader)](Input arguments,
                                                                              Context& context) mutable {
      return run_async(function, reader, arguments, context);
    };
  } else {
    body.sync = [function = std::move(function), reader = std::move(reader)](Input arguments,
                                                                             Context& context) mutable {
      return run_sync(function, reader, arguments, context);
    };
  }
  return body;
}

}  // namespace detail
}  // namespace sallyport
