// `sallyport serve` below its command line: runs the gateway until a signal ends it.
#pragma once

#include "config/load.hpp"

namespace sallyport::cli {

// What the command line and the files came to. `config` has passed every check, with the flags' values in it.
struct ServeOptions {
  config::Config config;
  bool stdio = false;              // the gateway is itself a stdio server; logs go to stderr only
  bool open_listener = true;       // false: --stdio without --listen
  bool open_admin = true;          // false: --stdio without --admin
  bool open_health = true;         // false: --stdio; no option asks for it
  bool check_upstreams = false;    // serves only when every server answered
  config::Request request;         // what the rest came of
  std::vector<std::string> files;  // that were read for it
  config::Diagnostics notes;       // warnings and notes about the configuration: nobody has shown them yet
};

// Returns the exit code.
int run_serve(const ServeOptions& options);

}  // namespace sallyport::cli
