// An answer of a server whose bytes we changed.
#pragma once

#include "pipeline/call.hpp"

#include <string>

namespace sallyport::pipeline {

// `bytes`, an edited copy of the answer's, take their place. False, and nothing changes, if they are no
// message: within the limits the answer itself was.
bool take_edited(Answer& answer, std::string bytes);

}  // namespace sallyport::pipeline
