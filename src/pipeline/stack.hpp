// Builds a stack of layers in one expression, the outermost first.
#pragma once

#include "pipeline/call.hpp"

#include <concepts>
#include <memory>
#include <tuple>
#include <utility>

namespace sallyport::pipeline {

// layer<L>(arguments…) is a recipe: given the next service it makes L(next, arguments…). Arguments given as
// lvalues are kept by reference: a recipe is used within the expression that makes it.
template <class L, class... Arguments>
auto layer(Arguments&&... arguments) {
  return [kept = std::tuple<Arguments...>(std::forward<Arguments>(arguments)...)](
             std::unique_ptr<Service> next) mutable -> std::unique_ptr<Service> {
    return std::apply(
        [&](auto&&... each) {
          return std::make_unique<L>(std::move(next), std::forward<Arguments>(each)...);
        },
        kept);
  };
}

// The same where it is wanted; without, nothing stands at its place.
template <class L, class... Arguments>
auto layer_if(bool wanted, Arguments&&... arguments) {
  return [wanted, recipe = layer<L>(std::forward<Arguments>(arguments)...)](
             std::unique_ptr<Service> next) mutable -> std::unique_ptr<Service> {
    return wanted ? recipe(std::move(next)) : std::move(next);
  };
}

// The innermost service is given last.
template <std::derived_from<Service> Innermost>
std::unique_ptr<Service> stack(std::unique_ptr<Innermost> innermost) {
  return innermost;
}

template <class Recipe, class Next, class... Rest>
std::unique_ptr<Service> stack(Recipe&& outermost, Next&& next, Rest&&... rest) {
  return outermost(stack(std::forward<Next>(next), std::forward<Rest>(rest)...));
}

}  // namespace sallyport::pipeline
