#include "base/type_name.hpp"

#include <cstdlib>
#include <memory>

#include <cxxabi.h>

namespace sallyport {

std::string type_name(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> readable(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free);
  return status == 0 ? readable.get() : type.name();
}

}  // namespace sallyport
