// What it costs to refuse a call, against one that passes: the whole stack in this process before a child,
// whose own time does not count.
#include "gateway/gateway.hpp"
#include "net/keeper.hpp"
#include "protocol/envelope.hpp"
#include "support/run_task.hpp"

#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include <benchmark/benchmark.h>

namespace sallyport {
namespace {

using namespace std::chrono_literals;

class Stack {
 public:
  explicit Stack(const config::Config& config) : gateway_(loop_, config, metrics_) {
    (void)testing::run(loop_, gateway_.fleet().current()->find("up")->server()->ready());
  }
  ~Stack() { (void)testing::run(loop_, gateway_.stop()); }

  // True if the server answered.
  bool call(const std::string& bytes, const protocol::Message& message) {
    pipeline::Principal principal;
    principal.source = "10.0.0.1";
    pipeline::Call call;
    call.bytes = bytes;
    call.message = &message;
    call.revision = protocol::latest_modern;
    call.principal = &principal;
    call.started = loop_.now();
    const auto reply = testing::run(loop_, gateway_.call(call));
    return reply && std::holds_alternative<std::unique_ptr<pipeline::Answer>>(*reply);
  }

 private:
  task::Loop loop_;
  telemetry::Registry metrics_;
  gateway::Gateway gateway_;
};

config::Config one_server() {
  config::Config config;
  config.servers.resize(1);
  config.servers[0].key = "up";
  config.servers[0].command = TINY_SERVER;
  return config;
}

void call(benchmark::State& state, const config::Config& config, std::string_view tool, bool passes) {
  Stack stack(config);
  const std::string bytes =
      protocol::tools_call_request("1", protocol::latest_modern, tool, R"({"say":"hello"})", {});
  const auto message = protocol::parse_message(bytes);
  (void)stack.call(bytes, *message);  // a limit of one lets the first one pass
  for (auto _ : state)
    if (stack.call(bytes, *message) != passes) return state.SkipWithError("another outcome than is measured");
}

void passed(benchmark::State& state) {
  call(state, one_server(), "up__echo", true);
}
void refused_unknown(benchmark::State& state) {
  call(state, one_server(), "up__no_such_tool", false);
}
void refused_denied(benchmark::State& state) {
  config::Config config = one_server();
  config.servers[0].tools.deny = {"fail"};
  call(state, config, "up__fail", false);
}
void refused_limited(benchmark::State& state) {
  config::Config config = one_server();
  config.limits.rate = config::Rate{1, 24h};
  call(state, config, "up__echo", false);
}
// A server that never comes up: after two failures its breaker is open.
void refused_by_breaker(benchmark::State& state) {
  config::Config config = one_server();
  config.servers[0].command = "/bin/false";
  config.breaker.failures = 2;
  config.breaker.window = 1h;
  config.breaker.open = 1h;
  call(state, config, "up__echo", false);
}
BENCHMARK(passed);
BENCHMARK(refused_unknown);
BENCHMARK(refused_denied);
BENCHMARK(refused_limited);
BENCHMARK(refused_by_breaker);

}  // namespace
}  // namespace sallyport

// As the gateway, it is the keeper of its children.
int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--keeper") return sallyport::net::keeper_main();
  std::signal(SIGPIPE, SIG_IGN);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
