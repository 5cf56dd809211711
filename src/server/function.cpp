#include "server/function.hpp"

#include "errors/tool_errors.hpp"

#include <memory>

namespace sallyport::detail {

Error bad_arguments(const Misfit& misfit) {
  Error error(Code::tool_invalid_args);
  error.with_executed(Executed::no).with_slot(Slot::constraint, misfit.rule);
  if (!misfit.pointer.empty()) error.with_slot(Slot::pointer, misfit.pointer);
  return error;
}

void Reader::require_names(std::size_t count, std::span<const Param> params) {
  if (params.size() != count)
    throw ToolInputSchemaError("a function with " + std::to_string(count) + " parameters was given " +
                               std::to_string(params.size()) + " names");
}

void Reader::finish(Shape shape) {
  shape.finish(nullptr);
  schema_ = shape.schema();
  read_ = [shape = std::make_shared<const Shape>(std::move(shape))](Input in, void* values) {
    return shape->read(in, values);
  };
}

Result<void> Reader::read(Input arguments, void* values) const {
  if (!read_) return {};
  if (const Check found = read_(arguments, values)) return fail(bad_arguments(*found));
  return {};
}

}  // namespace sallyport::detail
