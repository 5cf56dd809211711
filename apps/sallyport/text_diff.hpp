// The lines in which two texts differ, for people.
#pragma once

#include <string>
#include <string_view>

namespace sallyport::cli {

// "@@ -3,2 +3 @@" and the lines with - and + before them, none around. Long lines are cut, what could control
// the terminal is escaped.
std::string diff(std::string_view before, std::string_view after, bool colours);

}  // namespace sallyport::cli
