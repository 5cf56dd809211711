// The keeper alone, for tests that must not need the whole program.
#include "net/keeper.hpp"

#include <cstring>

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--keeper") == 0) return sallyport::net::keeper_main();
  return 2;
}
