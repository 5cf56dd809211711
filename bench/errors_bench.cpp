// What a failure costs beside the request that it ends: nanoseconds to classify it and to say it in words.
#include "classify/curl.hpp"
#include "classify/exception.hpp"
#include "classify/http.hpp"
#include "classify/line.hpp"
#include "classify/transport.hpp"
#include "protocol/failure.hpp"
#include "schema/schema.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>

namespace sallyport {
namespace {

using classify::Context;
using classify::HeaderField;
using classify::Operation;

constexpr SystemTime now{std::chrono::seconds(1'700'000'000)};
constexpr Context tool_call{.operation = Operation::tool_call};

void classify_status(benchmark::State& state) {
  const std::array<HeaderField, 4> headers = {{{"Date", "Tue, 14 Nov 2023 22:13:20 GMT"},
                                               {"Content-Type", "application/json"},
                                               {"Retry-After", "30"},
                                               {"Server", "nginx"}}};
  for (auto _ : state) benchmark::DoNotOptimize(classify::from_http(503, headers, now, tool_call));
}
BENCHMARK(classify_status);

void classify_error_code(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(classify::from_error_code({"system", ECONNRESET}, tool_call));
}
BENCHMARK(classify_error_code);

void classify_curl(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(classify::from_curl({.code = 56}, {}, now, tool_call));
}
BENCHMARK(classify_curl);

void classify_exception(benchmark::State& state) {
  const std::exception_ptr thrown = std::make_exception_ptr(std::out_of_range("vector::at"));
  for (auto _ : state) benchmark::DoNotOptimize(classify::from_exception(thrown, tool_call));
}
BENCHMARK(classify_exception);

// All that `sallyport classify` does with a line but reading and writing it.
void classify_text(benchmark::State& state) {
  constexpr std::string_view text =
      R"({"source":"http","status":503,"headers":{"Retry-After":"7"},"operation":"tool_call"})";
  for (auto _ : state) {
    const auto line = classify::read_line(text);
    benchmark::DoNotOptimize(classify::classify_line(*line, now, {}));
  }
}
BENCHMARK(classify_text);

void render_failure(benchmark::State& state) {
  const Error error = classify::from_error_code({"system", ECONNREFUSED}, tool_call);
  protocol::FailureContext context;
  context.server = "files";
  context.tool = "files__read";
  context.tools_call = true;
  for (auto _ : state) benchmark::DoNotOptimize(protocol::render(error, context));
}
BENCHMARK(render_failure);

// What `servers.*.validate` costs a call: a schema as tools have it, and arguments that fit, that do not, and
// that take all the steps that one check may.
constexpr std::string_view search_schema =
    R"({"type":"object","properties":{"query":{"type":"string","minLength":1,"maxLength":500},)"
    R"("limit":{"type":"integer","minimum":1,"maximum":100},"sort":{"enum":["new","old"]},)"
    R"("tags":{"type":"array","items":{"type":"string","pattern":"^[a-z]+$"},"maxItems":10}},)"
    R"("required":["query"],"additionalProperties":false})";

void check_arguments(benchmark::State& state, std::string_view schema_text, const std::string& arguments) {
  const auto compiled = schema::Schema::compile(schema_text);
  for (auto _ : state) benchmark::DoNotOptimize(compiled.check(arguments));
}
BENCHMARK_CAPTURE(check_arguments, fit, search_schema,
                  R"({"query":"circuit breaker","limit":20,"sort":"new","tags":["net","http"]})");
BENCHMARK_CAPTURE(check_arguments, misfit, search_schema, R"({"query":"circuit breaker","limit":"20"})");

std::string whole_budget() {
  std::string many = "[0";
  for (std::uint32_t i = 1; i < schema::max_steps; ++i) many += "," + std::to_string(i);
  return many + "]";
}
BENCHMARK_CAPTURE(check_arguments, all_steps, R"({"items":{"type":"integer","minimum":0}})", whole_budget());

}  // namespace
}  // namespace sallyport
