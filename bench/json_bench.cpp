// How fast the scanner is: bytes a second on bodies, nanoseconds a message.
#include "json/scanner.hpp"
#include "json/splice.hpp"

#include <array>
#include <string>

#include <benchmark/benchmark.h>
#include <simdjson.h>

namespace sallyport::json {
namespace {

const Query& request_query() {
  static const Query query({"/jsonrpc", "/id", "/method", "/params", "/params/name", "/params/uri",
                            "/params/arguments", "/params/_meta", "/params/_meta/progressToken",
                            "/params/_meta/io.modelcontextprotocol~1protocolVersion", "/result",
                            "/result/_meta", "/result/isError", "/result/resultType",
                            "/result/structuredContent", "/error", "/error/code"});
  return query;
}

std::string call() {
  return R"({"jsonrpc":"2.0","id":417,"method":"tools/call","params":{"name":"files__read_text_file","arguments":)"
         R"({"path":"/srv/projects/sallyport/README.md","head":40,"encoding":"utf-8"},"_meta":{"progressToken":417,)"
         R"("io.modelcontextprotocol/protocolVersion":"2026-07-28","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad-01"}}})";
}

// A result of one text block of about `size` bytes: prose with line breaks and some quotes, or characters of
// three bytes.
std::string result(std::size_t size, bool ascii) {
  const std::string piece =
      ascii ? R"(The quick brown fox jumps over the \"lazy\" dog, and then it does so again.\n)"
            : "\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xb8\x96\xe7\x95\x8c\xe3\x80\x82";
  std::string text;
  while (text.size() < size) text += piece;
  return R"({"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":")" + text +
         R"("}],"isError":false}})";
}

std::string tools(std::size_t count) {
  std::string text = R"({"jsonrpc":"2.0","id":1,"result":{"tools":[)";
  for (std::size_t i = 0; i < count; ++i) {
    text +=
        (i == 0 ? "" : ",") + (R"({"name":"tool_)" + std::to_string(i)) +
        R"(","description":"Reads the contents of a file and returns them as text.","inputSchema":{"type":"object",)"
        R"("properties":{"path":{"type":"string","description":"where"},"head":{"type":"number"}},)"
        R"("required":["path"]}})";
  }
  return text + "]}}";
}

void measure(benchmark::State& state, const std::string& text) {
  std::array<Member, 17> found;
  for (auto _ : state) {
    auto document = scan(text, request_query(), found);
    if (!document) state.SkipWithError("refused");
    benchmark::DoNotOptimize(document);
    benchmark::DoNotOptimize(found);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void scan_call(benchmark::State& state) {
  measure(state, call());
}
void scan_result_256(benchmark::State& state) {
  measure(state, result(256, true));
}
void scan_text_64k(benchmark::State& state) {
  measure(state, result(64U << 10U, true));
}
void scan_wide_text_64k(benchmark::State& state) {
  measure(state, result(64U << 10U, false));
}
void scan_500_tools(benchmark::State& state) {
  measure(state, tools(500));
}

void scan_10000_keys(benchmark::State& state) {
  std::string text = "{";
  for (int i = 0; i < 10'000; ++i) text += (i == 0 ? "\"key" : ",\"key") + std::to_string(i) + "\":0";
  measure(state, text + "}");
}

// For comparison: what building a tree costs.
void simdjson_dom_call(benchmark::State& state) {
  const std::string text = call();
  simdjson::dom::parser parser;
  for (auto _ : state) benchmark::DoNotOptimize(parser.parse(text).error());
}

void splice_call(benchmark::State& state) {
  const std::string text = call();
  std::array<Member, 17> found;
  if (!scan(text, request_query(), found)) state.SkipWithError("refused");
  std::string out;
  for (auto _ : state) {
    out.clear();
    Splice(text)
        .replace(found[1].value.span, "91")
        .replace(found[4].value.span, "\"read\"")
        .remove(found[8])
        .append_to(out);
    benchmark::DoNotOptimize(out);
  }
}

BENCHMARK(scan_call);
BENCHMARK(scan_result_256);
BENCHMARK(scan_text_64k);
BENCHMARK(scan_wide_text_64k);
BENCHMARK(scan_500_tools);
BENCHMARK(scan_10000_keys);
BENCHMARK(simdjson_dom_call);
BENCHMARK(splice_call);

}  // namespace
}  // namespace sallyport::json
