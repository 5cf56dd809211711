// What both load generators are told, over whatever they ask; and how a run of one ends.
#pragma once

#include "answer_check.hpp"
#include "requests.hpp"

#include <cstdint>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <sys/types.h>

namespace sallyport::bench {

struct LoadOptions {
  Target target;
  Expected expected;
  std::uint64_t warmup = 0;    // answers before the measurement
  std::uint64_t requests = 0;  // answers in the measurement
  double stall = 10;           // seconds without an answer after which the run is given up
  std::vector<pid_t> cpu_of;

  int stall_ms() const { return static_cast<int>(stall * 1000); }
};

inline void add_options(CLI::App& app, LoadOptions& options) {
  app.add_option("--tool", options.target.tool, "the tool that is called");
  app.add_option("--warmup", options.warmup, "answers before the measurement");
  app.add_option("--requests", options.requests, "answers that are measured");
  app.add_option("--stall", options.stall, "seconds without an answer after which it gives up");
  app.add_option("--cpu-of", options.cpu_of, "processes whose CPU time is taken over the measurement");
}

/// The exit status: 0 when every answer was right.
template <class Load, class Options>
int run(Options options) {
  Load load(std::move(options));
  const bool right = load.run();
  load.report();
  return right ? 0 : 1;
}

}  // namespace sallyport::bench
