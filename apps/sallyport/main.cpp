// The one program: the gateway, its commands, and the keeper of its children.
#include "commands.hpp"
#include "net/keeper.hpp"

#include <csignal>
#include <string_view>

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--keeper") return sallyport::net::keeper_main();
  std::signal(SIGPIPE, SIG_IGN);
  return sallyport::cli::run_command_line(argc, argv);
}
