// The one program: the gateway, its commands, and the keeper of its children.
#include "commands.hpp"
#include "net/keeper.hpp"

#include <csignal>
#include <string_view>

#include <malloc.h>

namespace {

// Results of some ten KiB come and go with every call: without this glibc hands their pages back to the
// kernel each time and takes them again, which costs more than all the rest of the call.
void keep_freed_pages() {
  ::mallopt(M_MMAP_THRESHOLD, 4 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 16 << 20);
  ::mallopt(M_TOP_PAD, 1 << 20);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--keeper") return sallyport::net::keeper_main();
  keep_freed_pages();
  std::signal(SIGPIPE, SIG_IGN);
  return sallyport::cli::run_command_line(argc, argv);
}
