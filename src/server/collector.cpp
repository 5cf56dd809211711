#include "server/collector.hpp"

#include "base/strings.hpp"
#include "net/connect.hpp"
#include "net/head_grammar.hpp"

#include <cstdlib>
#include <ranges>

#include <boost/url/pct_string_view.hpp>

namespace sallyport::server {
namespace {

using Headers = std::vector<std::pair<std::string, Secret>>;

constexpr std::string_view header_variable = "OTEL_EXPORTER_OTLP_HEADERS";

std::unexpected<Error> wrong(std::string_view where, std::string_view why) {
  return fail(Error(Code::config_invalid)
                  .with_executed(Executed::no)
                  .with_developer_message(std::string(where).append(": ").append(why)));
}

std::string value_of(const Variables& variables, const char* name) {
  return std::string(trim(variables(name).value_or("")));
}

// `name=value` pairs with commas between them, the values percent-encoded. What is wrong is said without the
// value: it may be a credential.
Result<Headers> read_headers(std::string_view text) {
  Headers headers;
  for (const auto part : std::views::split(text, ',')) {
    const std::string_view pair = trim(std::string_view(part));
    if (pair.empty()) continue;
    const std::size_t sign = pair.find('=');
    if (sign == std::string_view::npos) return wrong(header_variable, "a pair without `=`; write name=value");
    const std::string_view name = trim(pair.substr(0, sign));
    const auto encoded = boost::urls::make_pct_string_view(trim(pair.substr(sign + 1)));
    if (!net::is_field_name(name)) return wrong(header_variable, "a name that no header field can have");
    if (!encoded) return wrong(header_variable, "a value with a `%` that no two hexadecimal digits follow");
    std::string value = encoded->decode();
    if (!net::is_field_value(value)) return wrong(header_variable, "a value with a control character");
    headers.emplace_back(name, Secret(std::move(value)));
  }
  return headers;
}

}  // namespace

Variables environment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* const value = std::getenv(name);
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
}

Result<std::optional<Collector>> find_collector(const std::string& url, const Variables& variables) {
  Collector found;
  found.endpoint = url;
  if (url.empty()) {
    if (iequals(value_of(variables, "OTEL_SDK_DISABLED"), "true")) return std::nullopt;
    if (value_of(variables, "OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc") return std::nullopt;
    found.endpoint = value_of(variables, "OTEL_EXPORTER_OTLP_ENDPOINT");
    if (found.endpoint.empty()) return std::nullopt;
  }
  const std::string_view where = url.empty() ? "OTEL_EXPORTER_OTLP_ENDPOINT" : "--otlp";
  if (!net::parse_endpoint(found.endpoint) || found.endpoint.find_first_of("?#") != std::string::npos)
    return wrong(where, "wants the URL of a collector, as http://127.0.0.1:4318, without a query");
  found.headers = TRY(read_headers(value_of(variables, "OTEL_EXPORTER_OTLP_HEADERS")));
  found.ca = value_of(variables, "OTEL_EXPORTER_OTLP_CERTIFICATE");
  found.service = value_of(variables, "OTEL_SERVICE_NAME");
  return found;
}

}  // namespace sallyport::server
