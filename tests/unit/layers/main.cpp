// The test program is its own keeper, as the gateway is: a child is started through /proc/self/exe.
#include "net/keeper.hpp"

#include <csignal>
#include <cstring>

#include <gtest/gtest.h>

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--keeper") == 0) return sallyport::net::keeper_main();
  std::signal(SIGPIPE, SIG_IGN);  // as the gateway does: a child may be gone before it is written to
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
