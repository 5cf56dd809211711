// A long call that says how far it has come, and ends when nobody waits for it any more: as a coroutine, and
// as a function that blocks.
#include <atomic>
#include <chrono>
#include <string>

#include <sallyport.hpp>

using sallyport::Context;
using sallyport::Task;

namespace {

std::atomic<int> given_up = 0;

// A wait in a call that was cancelled ends with an error: CO_TRY leaves with it.
Task<std::string> count(Context& context, int to, int pause_ms) {
  for (int step = 1; step <= to; ++step) {
    const auto waited = co_await context.sleep(std::chrono::milliseconds(pause_ms));
    if (!waited) {
      ++given_up;
      co_return sallyport::Failure(waited.error());
    }
    context.progress(step, to, "counted to " + std::to_string(step));
  }
  co_return "Counted to " + std::to_string(to) + ".";
}

// On a worker nothing interrupts the function: it asks between two pieces of its work.
std::string sum(Context& context, int pieces) {
  std::uint64_t total = 0;
  for (int piece = 1; piece <= pieces; ++piece) {
    if (context.cancelled()) {
      ++given_up;
      return "Nobody waits for this.";
    }
    for (std::uint64_t i = 0; i < 1'000'000; ++i) total += i % static_cast<std::uint64_t>(piece);
    context.progress(piece, pieces);
  }
  return std::to_string(total);
}

int count_given_up() {
  return given_up;
}

}  // namespace

int main(int argc, char** argv) {
  sallyport::Server app("progress", "1.0");
  app.tool("count", "Counts slowly.", count, {{"to", "Up to where"}, {"pause_ms", "Between two steps"}});
  app.tool("sum", "Computes something large.", sum, {{"pieces", "How many million steps"}}).blocking();
  app.tool("given_up", "How many calls ended early.", count_given_up).read_only();
  return app.run(argc, argv);
}
