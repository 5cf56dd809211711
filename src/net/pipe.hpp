// Streams over descriptors that we hold: a child's pipes, this program's stdin and stdout.
#pragma once

#include "base/unique_fd.hpp"
#include "net/stream.hpp"

#include <memory>

namespace sallyport::net {

// The descriptor becomes non-blocking. Null for one that is not open. A regular file can be read to its end:
// it never has to be waited for.
std::unique_ptr<Stream> open_pipe(task::Loop& loop, UniqueFd descriptor);

}  // namespace sallyport::net
