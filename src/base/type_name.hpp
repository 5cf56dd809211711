// The names of C++ types as people write them.
#pragma once

#include <string>
#include <typeinfo>

namespace sallyport {

// "std::out_of_range"; the mangled name where it cannot be read.
std::string type_name(const std::type_info& type);

}  // namespace sallyport
