// What a tool's code threw, as one of our errors.
#pragma once

#include "classify/classify.hpp"

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::classify {

// Asked of each exception of a chain before it is looked at here; nothing: not known.
using Mapping = std::function<std::optional<Error>(const std::exception_ptr&)>;

// One of our classes gives its own error (of one whose kind is UNKNOWN the first of its causes that is
// known), std::bad_alloc SYS_002, std::system_error what its code means. Of any other the exceptions nested
// in it are searched for one of these, at most 16 deep; failing that it is a FatalToolError.
Error from_exception(const std::exception_ptr& thrown, const Context& context, const Mapping& first = {});
// The same, but nothing instead of that FatalToolError.
std::optional<Error> known_exception(const std::exception_ptr& thrown, const Context& context,
                                     const Mapping& first = {});

// The same where only the type's name is known, and for a std::system_error its errno. One of our classes is
// as its constructor makes it where nothing is given.
struct RaisedType {
  std::string_view name;
  std::optional<int> os_errno = {};
  std::optional<int> status = {};  // of an UpstreamError
};
Error from_exception_type(const RaisedType& raised, const Context& context);

// "An unhandled std::out_of_range was raised by the tool."; a name that may be no type's is not repeated.
std::string unhandled_message(std::string_view type);

}  // namespace sallyport::classify
