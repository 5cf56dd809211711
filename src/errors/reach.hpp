// Which codes nothing that is built raises yet: tests reach them through a scripted layer in the place of
// what is to come. docs/errors.md and `explain` say so.
#pragma once

#include "errors/code.hpp"

#include <string_view>

namespace sallyport {

// The folder under src/ that will raise it ("layers/authenticate"); empty for a code that is raised already.
std::string_view awaited_folder(Code code) noexcept;

inline bool is_scripted(Code code) noexcept {
  return !awaited_folder(code).empty();
}

}  // namespace sallyport
