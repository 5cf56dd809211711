// Streams over descriptors that we hold: a child's pipes, this program's stdin and stdout.
#pragma once

#include <memory>

#include "base/unique_fd.hpp"
#include "net/stream.hpp"

namespace sallyport::net {

// The descriptor becomes non-blocking. Null for one that cannot be waited for (a regular file).
std::unique_ptr<Stream> open_pipe(task::Loop& loop, UniqueFd descriptor);

}  // namespace sallyport::net
