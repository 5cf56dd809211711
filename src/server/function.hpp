// Functions as handlers: any function of typed parameters becomes one that takes a JSON object and gives one
// kind of outcome.
#pragma once

#include "server/context.hpp"
#include "server/schema.hpp"
#include "task/task.hpp"

#include <concepts>
#include <functional>
#include <initializer_list>
#include <span>
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

namespace detail {

// What a function became. One of `sync` and `async` is there.
template <class Outcome>
struct Body {
  std::string input_schema;
  std::function<Result<Outcome>(Input arguments, Context& context)> sync;
  std::function<Task<Outcome>(Input arguments, Context& context)> async;
};

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

template <class P>
concept WholeObject = Described<std::remove_cvref_t<P>> || std::same_as<std::remove_cvref_t<P>, Json> ||
                      std::same_as<std::remove_cvref_t<P>, std::map<std::string, std::string>>;

template <class Parameters>
struct Values;
template <class... P>
struct Values<std::tuple<P...>> {
  using Tuple = std::tuple<Stored<P>...>;
  static constexpr std::size_t count = (std::size_t{0} + ... + (is_context<P> ? 0 : 1));
  static constexpr bool one_object = count == 1 && ((is_context<P> || WholeObject<P>) && ...);
};

Error bad_arguments(const Misfit& misfit);  // TOOL_003

// Reads the arguments object into the values. A struct (or Json, or a map of texts) is the whole object;
// other parameters are members of it.
class Reader {
 public:
  template <class Parameters>
  static Reader of(std::span<const Param> params) {
    using V = Values<Parameters>;
    constexpr auto each = std::make_index_sequence<std::tuple_size_v<Parameters>>();
    Reader made;
    if constexpr (V::one_object) {
      made.read_object<Parameters>(each);
    } else {
      require_names(V::count, params);
      made.read_members<Parameters>(params, each);
    }
    return made;
  }

  const std::string& schema() const noexcept { return schema_; }
  // TOOL_003 with the place and the rule.
  Result<void> read(Input arguments, void* values) const;

 private:
  static void require_names(std::size_t count, std::span<const Param> params);

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
  void read_members(std::span<const Param> params, std::index_sequence<I...>) {
    Shape shape;
    auto next = params.begin();
    (add_member<Parameters, I>(shape, next), ...);
    finish(std::move(shape));
  }
  template <class Parameters, std::size_t I>
  void add_member(Shape& shape, std::span<const Param>::iterator& next) {
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
template <class P, class Value>
decltype(auto) pass(Value& value, Context& context) {
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
template <class F>
using Returned = typename Unwrapped<typename Signature<F>::Return>::type;

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<Task<T>> = true;
template <class T>
inline constexpr bool is_result = false;
template <class T>
inline constexpr bool is_result<Result<T>> = true;

// What a function may return to give this kind of outcome, and how: Outcome made(value), and Outcome
// made_of_nothing() where a function may return void.
template <class Outcome>
struct Giving;

template <class Outcome, class F>
Task<Outcome> run_async(F& function, const Reader& reader, Input arguments, Context& context) {
  using Parameters = typename Signature<F>::Parameters;
  typename Values<Parameters>::Tuple values{};
  CO_TRY(reader.read(arguments, &values));
  auto result = co_await apply<Parameters>(function, values, context,
                                           std::make_index_sequence<std::tuple_size_v<Parameters>>());
  if (!result) co_return Failure(std::move(result).error());
  if constexpr (std::is_void_v<Returned<F>>) {
    co_return Giving<Outcome>::made_of_nothing();
  } else {
    co_return Giving<Outcome>::made(*std::move(result));
  }
}

template <class Outcome, class F>
Result<Outcome> run_sync(F& function, const Reader& reader, Input arguments, Context& context) {
  using Parameters = typename Signature<F>::Parameters;
  constexpr auto each = std::make_index_sequence<std::tuple_size_v<Parameters>>();
  typename Values<Parameters>::Tuple values{};
  TRY(reader.read(arguments, &values));
  if constexpr (is_result<typename Signature<F>::Return>) {
    auto result = apply<Parameters>(function, values, context, each);
    if (!result) return Failure(std::move(result).error());
    if constexpr (std::is_void_v<Returned<F>>) {
      return Giving<Outcome>::made_of_nothing();
    } else {
      return Giving<Outcome>::made(*std::move(result));
    }
  } else if constexpr (std::is_void_v<Returned<F>>) {
    apply<Parameters>(function, values, context, each);
    return Giving<Outcome>::made_of_nothing();
  } else {
    return Giving<Outcome>::made(apply<Parameters>(function, values, context, each));
  }
}

template <class Outcome, class F>
Body<Outcome> make_body(F function, std::span<const Param> params) {
  using Parameters = typename Signature<F>::Parameters;
  Body<Outcome> body;
  Reader reader = Reader::of<Parameters>(params);
  body.input_schema = reader.schema();
  if constexpr (is_task<typename Signature<F>::Return>) {
    body.async = [function = std::move(function), reader = std::move(reader)](Input arguments,
                                                                              Context& context) mutable {
      return run_async<Outcome>(function, reader, arguments, context);
    };
  } else {
    body.sync = [function = std::move(function), reader = std::move(reader)](Input arguments,
                                                                             Context& context) mutable {
      return run_sync<Outcome>(function, reader, arguments, context);
    };
  }
  return body;
}

}  // namespace detail
}  // namespace sallyport
