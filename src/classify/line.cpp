#include "classify/line.hpp"

#include "base/dates.hpp"
#include "base/strings.hpp"
#include "json/dom.hpp"
#include "json/scanner.hpp"

#include <array>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sallyport::classify {
namespace {

using simdjson::dom::element;

constexpr json::Limits limits{.max_bytes = max_line_bytes};
constexpr std::size_t max_told = 2048;  // of a peer's words: what is kept of them is cut further

constexpr auto source_names =
    std::to_array<std::string_view>({"http", "curl", "asio", "http_parser", "openssl", "errno", "graphql",
                                     "grpc", "jsonrpc", "mcp_result", "exception"});
constexpr auto operation_words = std::to_array<std::string_view>(
    {"none", "tool_call", "discovery", "guardrail", "auth", "cache", "telemetry"});
constexpr auto executed_words = std::to_array<std::string_view>({"no", "maybe", "yes"});
constexpr auto phase_words = std::to_array<std::string_view>(
    {"spawn", "resolve", "connect", "tls", "send", "wait", "receive", "decode"});
constexpr auto aborter_words = std::to_array<std::string_view>({"client", "deadline", "limit"});
constexpr auto api_words = std::to_array<std::string_view>({"easy", "url", "multi"});

// Reads the members of one object; what is wrong first is kept, and everything after reads as absent.
class Fields {
 public:
  Fields(element object, std::optional<LineFault>& fault, std::string path = {})
      : object_(object), fault_(&fault), path_(std::move(path)) {}

  std::optional<element> any(std::string_view key) const {
    element found;
    if (*fault_ || object_.get_object().at_key(key).get(found) != simdjson::SUCCESS || found.is_null())
      return std::nullopt;
    return found;
  }

  std::string text(std::string_view key) {
    const auto found = any(key);
    if (!found) return {};
    std::string_view value;
    if (found->get_string().get(value) != simdjson::SUCCESS) wrong(key, "is a string");
    return std::string(value);
  }

  std::optional<std::int64_t> integer(std::string_view key, std::int64_t least, std::int64_t greatest) {
    const auto found = any(key);
    if (!found) return std::nullopt;
    std::int64_t value = 0;
    if (found->get_int64().get(value) == simdjson::SUCCESS && value >= least && value <= greatest)
      return value;
    wrong(key, "is an integer");
    return std::nullopt;
  }

  std::optional<int> number(std::string_view key) {
    const auto value = integer(key, std::numeric_limits<int>::min(), std::numeric_limits<int>::max());
    if (!value) return std::nullopt;
    return static_cast<int>(*value);
  }

  bool flag(std::string_view key) {
    const auto found = any(key);
    if (!found) return false;
    bool value = false;
    if (found->get_bool().get(value) != simdjson::SUCCESS) wrong(key, "is true or false");
    return value;
  }

  // One of a closed list of words, as the enumerator in its place.
  template <class Enum>
  std::optional<Enum> word(std::string_view key, std::span<const std::string_view> words) {
    const auto found = any(key);
    if (!found) return std::nullopt;
    std::string_view value;
    if (found->get_string().get(value) == simdjson::SUCCESS)
      for (std::size_t i = 0; i < words.size(); ++i)
        if (words[i] == value) return static_cast<Enum>(i);
    wrong(key, fmt::format("is one of {}", fmt::join(words, ", ")));
    return std::nullopt;
  }

  std::optional<Fields> object(std::string_view key) {
    const auto found = any(key);
    if (!found) return std::nullopt;
    if (found->is_object()) return Fields(*found, *fault_, pointer(key));
    wrong(key, "is an object");
    return std::nullopt;
  }

  element self() const { return object_; }

  void wrong(std::string_view key, std::string message) {
    if (!*fault_) *fault_ = LineFault{pointer(key), fmt::format("`{}` {}", key, message)};
  }

 private:
  std::string pointer(std::string_view key) const { return path_ + "/" + std::string(key); }

  element object_;
  std::optional<LineFault>* fault_;
  std::string path_;
};

void append_told(std::string& text, std::string_view part) {
  if (part.empty() || text.size() >= max_told) return;
  if (!text.empty()) text += ": ";
  text += clip(part, max_told);
}

// A header's value as it stands: a string, a number, or a list of them.
void add_header(Line& line, std::string_view name, const element& value) {
  if (value.is_array()) {
    for (const element each : value.get_array().value())
      if (!each.is_array() && line.headers.size() < max_line_headers) add_header(line, name, each);
    return;
  }
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) {
    line.headers.emplace_back(name, text);
  } else if (value.is_number()) {
    line.headers.emplace_back(name, simdjson::minify(value));
  }
}

void read_headers(Line& line, Fields& fields) {
  const auto headers = fields.object("headers");
  if (!headers) return;
  for (const auto& [name, value] : headers->self().get_object().value()) {
    if (line.headers.size() == max_line_headers)
      return fields.wrong("headers", fmt::format("has more than {} fields", max_line_headers));
    add_header(line, name, value);
  }
}

void read_code(Line& line, Fields& fields) {
  const auto code = fields.any("code");
  if (!code) return;
  std::int64_t number = 0;
  std::string_view name;
  if (code->get_int64().get(number) == simdjson::SUCCESS) {
    line.code = number;
  } else if (code->get_string().get(name) == simdjson::SUCCESS) {
    const std::optional<std::int64_t> written = parse_int<std::int64_t>(name);
    if (written) {
      line.code = *written;
    } else {
      line.code = std::string(name);
    }
  } else {
    fields.wrong("code", "is a name or an integer");
  }
}

void read_curl(Line& line, Fields& fields) {
  line.curl.api = fields.word<CurlApi>("api", api_words).value_or(CurlApi::easy);
  line.curl.os_errno = fields.number("os_errno").value_or(0);
  line.curl.ssl_verify_result = fields.number("ssl_verify_result").value_or(0);
  line.curl.connect_code = fields.number("connect_code").value_or(0);
  line.curl.status = line.status;
}

void read_graphql(Line& line, Fields& fields, std::string_view text, const json::Value& root) {
  // What is there is a failure, whatever it says: `null` and `[]` too.
  const json::Member errors = json::find_member(text, root.span, "errors");
  if (errors) {
    line.graphql_errors = errors.value.of(text);
  } else if (std::holds_alternative<std::monostate>(line.code)) {
    fields.wrong("errors", "or `code` says what failed");
  }
}

void read_jsonrpc(Line& line, Fields& fields) {
  auto error = fields.object("error");
  if (!error) return fields.wrong("error", "is the error object of the answer");
  const auto code = error->integer("code", std::numeric_limits<std::int64_t>::min(),
                                   std::numeric_limits<std::int64_t>::max());
  if (!code) return error->wrong("code", "is an integer");
  line.rpc_code = *code;
  append_told(line.detail, error->text("message"));
}

void read_result(Line& line, Fields& fields) {
  auto result = fields.object("result");
  if (!result) return fields.wrong("result", "is the result of the call");
  line.is_error = result->flag("isError");
  element text;
  if (result->self().at_pointer("/content/0/text").get(text) == simdjson::SUCCESS && text.is_string())
    append_told(line.detail, text.get_string().value());
}

void read_tool(Line& line, Fields& fields) {
  auto tool = fields.object("tool");
  if (!tool) return;
  ToolFacts facts{.name = tool->text("name")};
  facts.read_only = tool->flag("readOnlyHint");
  facts.idempotent = tool->flag("idempotentHint");
  tool->flag("destructiveHint");  // grants nothing
  facts.trusted = tool->flag("trusted");
  line.tool = std::move(facts);
}

void read_common(Line& line, Fields& fields) {
  line.detail = fields.text("detail");
  line.method = fields.text("method");
  line.url = fields.text("url");
  line.server = fields.text("server");
  line.status = fields.number("status");
  line.executed = fields.word<Executed>("executed", executed_words);
  line.phase = fields.word<Phase>("phase", phase_words);
  line.aborted_by = fields.word<AbortedBy>("aborted_by", aborter_words);
  line.operation = fields.word<Operation>("operation", operation_words).value_or(Operation::none);
  if (const std::string now = fields.text("now"); !now.empty()) {
    line.now = parse_rfc3339(now);
    if (!line.now) fields.wrong("now", "is a date of RFC 3339");
  }
  read_headers(line, fields);
  read_code(line, fields);
  read_tool(line, fields);
}

void read_own(Line& line, Fields& fields, std::string_view text, const json::Value& root) {
  switch (line.source) {
    case Source::http:
      if (!line.status) fields.wrong("status", "is the status of the reply");
      return;
    case Source::graphql:
      return read_graphql(line, fields, text, root);
    case Source::jsonrpc:
      return read_jsonrpc(line, fields);
    case Source::mcp_result:
      return read_result(line, fields);
    case Source::exception:
      line.type = fields.text("type");
      line.curl.os_errno = fields.number("os_errno").value_or(0);
      if (line.type.empty()) fields.wrong("type", "is the type of what was thrown");
      return;
    case Source::curl:
      read_curl(line, fields);
      break;
    default:
      break;
  }
  if (std::holds_alternative<std::monostate>(line.code)) fields.wrong("code", "is a name or an integer");
}

}  // namespace

std::expected<Line, LineFault> read_line(std::string_view text) {
  const auto scanned = json::scan(text, limits);
  if (!scanned) {
    const json::Fault fault = scanned.error();
    return std::unexpected(
        LineFault{{}, fmt::format("not JSON: {} at byte {}", json::describe(fault.kind), fault.offset)});
  }
  if (!scanned->root.is(json::Type::object)) return std::unexpected(LineFault{{}, "not a JSON object"});
  const auto dom = json::Dom::parse(text);
  if (!dom) return std::unexpected(LineFault{{}, "a number or a character that cannot be represented"});
  std::optional<LineFault> fault;
  Fields fields(dom->root(), fault);
  Line line;
  if (const auto source = fields.word<Source>("source", source_names)) {
    line.source = *source;
    read_common(line, fields);
    read_own(line, fields, text, scanned->root);
  } else {
    fields.wrong("source", fmt::format("is one of {}", fmt::join(source_names, ", ")));
  }
  if (fault) return std::unexpected(*std::move(fault));
  return line;
}

}  // namespace sallyport::classify
