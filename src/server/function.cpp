#include "server/function.hpp"

#include "errors/tool_errors.hpp"

#include <memory>

namespace sallyport::detail {

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
  const Check found = read_(arguments, values);
  if (!found) return {};
  Error error(Code::tool_invalid_args);
  error.with_executed(Executed::no).with_slot(Slot::constraint, found->rule);
  if (!found->pointer.empty()) error.with_slot(Slot::pointer, found->pointer);
  return fail(std::move(error));
}

}  // namespace sallyport::detail
