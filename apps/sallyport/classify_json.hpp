// A classified failure as the JSON line that `sallyport classify` writes.
#pragma once

#include "classify/line.hpp"
#include "recovery/plan.hpp"

#include <cstdint>
#include <string>

namespace sallyport::cli {

std::string finding_json(const classify::Finding& finding, const recovery::Plan& plan);

// `line`: which of the input, counted from 1.
std::string fault_json(const classify::LineFault& fault, std::uint64_t line);

}  // namespace sallyport::cli
