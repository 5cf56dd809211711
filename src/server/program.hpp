// A server of the framework as a running program: its transport, its signals, and an end in good order.
#pragma once

#include "server/registry.hpp"

namespace sallyport::server {

// Gives the exit code: 0 done, 1 it failed, 2 the command line is wrong.
int run(Registry& registry, int argc, const char* const* argv);

}  // namespace sallyport::server
