// Which program listens on a port or Unix socket of this machine.
#pragma once

#include "config/config.hpp"

#include <string>

#include <sys/types.h>

namespace sallyport::cli {

struct PortOwner {
  bool taken = false;
  int error = 0;  // why it cannot be taken though nobody has it: EACCES, EADDRNOTAVAIL… ENOTSOCK: a file is
                  // in the way
  pid_t pid = 0;  // 0: not to be seen by this user
  std::string program;  // as the kernel names it
};

PortOwner port_owner(const config::Address& address);

}  // namespace sallyport::cli
