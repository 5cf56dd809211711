// Failed system calls, by errno, as one of our errors.
#pragma once

#include "classify/classify.hpp"

#include <optional>
#include <string_view>

namespace sallyport::classify {

// Nothing for a number that has no meaning on a connection or a descriptor: the source decides then.
std::optional<Verdict> errno_verdict(int number) noexcept;

// "ECONNREFUSED"; empty for a number that is none.
std::string_view errno_name(int number) noexcept;
std::optional<int> parse_errno(std::string_view name) noexcept;

// With phase spawn, what the command line or the file is to blame for is CONFIG_001.
Error from_errno(int number, const Context& context);

}  // namespace sallyport::classify
