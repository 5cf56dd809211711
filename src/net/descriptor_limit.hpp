// How many descriptors this process may have open: as many as it is allowed, while the programs that it
// starts keep the limit that it was started with (some still use select, or close every number below it).
#pragma once

#include <cstdint>

namespace sallyport::net {

// Raises the soft limit to the hard one; a limit that cannot be raised stays. Called once, before children.
void raise_descriptor_limit();

// The soft limit before it was raised; 0 if it never was.
std::uint64_t original_descriptor_limit() noexcept;

}  // namespace sallyport::net
