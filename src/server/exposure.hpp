// The switches that show agents what is meant for developers: not to be turned on by accident.
#pragma once

#include "errors/error.hpp"

#include <string>
#include <string_view>

namespace sallyport::server {

struct Exposure {
  bool developer_messages = false;
  bool traces = false;  // where a failure was made, and what it was made of
};

inline constexpr const char* expose_developer_messages = "SALLYPORT_DEBUG_EXPOSE_DEVELOPER_MESSAGES";
inline constexpr const char* expose_traces = "SALLYPORT_DEBUG_EXPOSE_TRACES";

// The one value that turns a switch on. tools/check_exposure keeps it out of everything else that is
// committed.
std::string_view acknowledgement() noexcept;

enum class Switch : std::uint8_t { off, on, refused };  // refused: it was meant to be on
// What a variable says; white space around it does not count.
Switch read_switch(std::string_view value) noexcept;

// As the process's environment says, read once. A switch that is on, or was meant to be, is a warning.
const Exposure& exposure();

// What is added to the text of a failure: empty, or paragraphs that begin with `[DEBUG]`. Redacted, at most
// 4 KiB each.
std::string debug_text(const Error& error, const Exposure& exposure);

}  // namespace sallyport::server
