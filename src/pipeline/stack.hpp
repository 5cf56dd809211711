// Builds a stack of layers in one expression, the outermost first.
#pragma once

#include <memory>
#include <utility>

#include "pipeline/call.hpp"

namespace sallyport::pipeline {

// layer<L>(arguments…) is a recipe: given the next service it makes L(next, arguments…).
template <class L, class... Arguments>
auto layer(Arguments&&... arguments) {
  return [... kept = std::forward<Arguments>(arguments)](std::unique_ptr<Service> next) mutable -> std::unique_ptr<Service> {
    return std::make_unique<L>(std::move(next), std::forward<Arguments>(kept)...);
  };
}

// The innermost service, given last.
inline std::unique_ptr<Service> stack(std::unique_ptr<Service> innermost) { return innermost; }

template <class Recipe, class... Rest>
std::unique_ptr<Service> stack(Recipe&& outermost, Rest&&... rest) {
  return outermost(stack(std::forward<Rest>(rest)...));
}

}  // namespace sallyport::pipeline
