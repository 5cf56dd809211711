#include "base/strings.hpp"
#include "classify/errno.hpp"
#include "classify/exception.hpp"
#include "classify/graphql.hpp"
#include "classify/grpc.hpp"
#include "classify/http.hpp"
#include "classify/jsonrpc.hpp"
#include "classify/line.hpp"
#include "classify/mcp_result.hpp"
#include "classify/messages.hpp"
#include "classify/tls_text.hpp"
#include "classify/transport.hpp"
#include "errors/exceptions.hpp"
#include "errors/redact.hpp"
#include "errors/text.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <netdb.h>

namespace sallyport::classify {
namespace {

using Found = std::expected<std::optional<Finding>, LineFault>;

constexpr std::size_t max_endpoint_bytes = 256;
constexpr std::string_view http_subject = "HTTP request";
constexpr std::string_view any_subject = "The request";

// The methods of HTTP: other words of a request are not repeated.
constexpr auto methods = std::to_array<std::string_view>(
    {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"});

struct NamedNumber {
  std::string_view name;
  int number;
};

// What getaddrinfo returns.
constexpr auto lookup_codes = std::to_array<NamedNumber>({
    {"EAI_ADDRFAMILY", EAI_ADDRFAMILY},
    {"EAI_AGAIN", EAI_AGAIN},
    {"EAI_BADFLAGS", EAI_BADFLAGS},
    {"EAI_FAIL", EAI_FAIL},
    {"EAI_FAMILY", EAI_FAMILY},
    {"EAI_MEMORY", EAI_MEMORY},
    {"EAI_NODATA", EAI_NODATA},
    {"EAI_NONAME", EAI_NONAME},
    {"EAI_OVERFLOW", EAI_OVERFLOW},
    {"EAI_SERVICE", EAI_SERVICE},
    {"EAI_SOCKTYPE", EAI_SOCKTYPE},
    {"EAI_SYSTEM", EAI_SYSTEM},
});

constexpr std::string_view lookup_category = "asio.addrinfo";
constexpr std::string_view system_category = "system";
constexpr std::string_view parser_category = "beast.http";

std::unexpected<LineFault> unknown_code(std::string_view library) {
  return std::unexpected(LineFault{"/code", "`code` is none of " + std::string(library)});
}

// Behind namespaces and enumerations: "boost::asio::error::eof".
std::string_view last_name(std::string_view name) noexcept {
  const std::size_t colons = name.rfind("::");
  return colons == name.npos ? name : name.substr(colons + 2);
}

// Where the request went; empty for what is no URL of HTTP, of which nobody knows what is secret.
std::string endpoint_of(std::string_view url) {
  if (!starts_with_icase(url, "http://") && !starts_with_icase(url, "https://")) return {};
  std::string reduced = redact_text(reduce_url(url), max_endpoint_bytes);
  return reduced.contains(":///") ? std::string() : reduced;
}

std::string_view service_of(Source source) noexcept {
  switch (source) {
    case Source::graphql:
      return "_graphql";
    case Source::grpc:
      return "_grpc";
    case Source::jsonrpc:
    case Source::mcp_result:
      return "_mcp";
    case Source::system:
    case Source::exception:
      return {};
    default:
      return "_http";
  }
}

class Classification {
 public:
  Classification(const Line& line, SystemTime now, std::span<const int> refuses_with)
      : line_(line), now_(line.now.value_or(now)) {
    context_.operation = line.operation;
    context_.phase = line.phase;
    context_.executed = line.executed;
    context_.detail = line.detail;
    context_.refuses_with = refuses_with;
    for (const auto& [name, value] : line.headers) headers_.push_back({name, value});
  }

  Found run() {
    Found found = by_source();
    if (found && *found) describe_request((*found)->error);
    return found;
  }

 private:
  Found by_source() {
    switch (line_.source) {
      case Source::http:
        return http(*line_.status, "HTTP");
      case Source::curl:
        context_.aborted_by = line_.aborted_by;
        return curl();
      case Source::asio:
        context_.aborted_by = line_.aborted_by;
        return asio();
      case Source::http_parser:
        return parser();
      case Source::openssl:
        return openssl();
      case Source::system:
        return system();
      case Source::graphql:
        return graphql();
      case Source::grpc:
        return grpc();
      case Source::jsonrpc:
        return jsonrpc();
      case Source::mcp_result:
        return mcp_result();
      case Source::exception:
        return exception();
    }
    return std::nullopt;
  }

  // The name of the code, or nothing where it is a number.
  const std::string* name() const { return std::get_if<std::string>(&line_.code); }
  std::int64_t number() const { return std::get<std::int64_t>(line_.code); }
  std::optional<int> small_number() const {
    const std::int64_t value = number();
    if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max())
      return std::nullopt;
    return static_cast<int>(value);
  }

  Found http(int status, std::string_view protocol) {
    if (status >= 200 && status < 300) return std::nullopt;
    return answered(from_http(status, headers_, now_, context_), protocol);
  }

  Found answered(Error error, std::string_view protocol) {
    if (error.kind() == Kind::upstream_runtime_rate_limit && !error.retry_after())
      error.with_extra("retry_after_source", std::string("default"));
    std::string message = answer_message(protocol, error);
    return Finding{std::move(error), std::move(message)};
  }

  // Without a complete answer.
  Found broken(Error error, FailureClass failure, std::string_view subject) {
    constexpr std::array aborted = {FailureClass::cancelled, FailureClass::timeout, FailureClass::too_large};
    if (context_.aborted_by) failure = aborted[static_cast<std::size_t>(*context_.aborted_by)];
    std::string message = failure_message(subject, failure, error);
    return Finding{std::move(error), std::move(message)};
  }

  Found curl() {
    CurlFailure failure = line_.curl;
    const std::optional<int> code = name() ? parse_curl_code(failure.api, *name()) : small_number();
    if (!code) return unknown_code("libcurl's");
    failure.code = *code;
    if (failure.code == 0 && !context_.aborted_by)
      return failure.status ? http(*failure.status, "HTTP") : std::nullopt;
    Error error = from_curl(failure, headers_, now_, context_);
    if (is_upstream_error(error.kind())) return answered(std::move(error), "HTTP");
    const CurlCode* const row = find_curl_code(failure.api, failure.code);
    Found found = broken(std::move(error), curl_verdict(failure, context_).failure, http_subject);
    if (context_.aborted_by || row == nullptr) return found;
    if (!row->text.empty()) (*found)->message = row->text;
    if ((*found)->error.phase() == Phase::connect && (*found)->error.kind() == Kind::tool_runtime_fatal)
      (*found)->message = "The proxy does not accept who asks it.";
    return found;
  }

  Found foreign(ForeignCode code) {
    if (code.value == 0 && !context_.aborted_by) return std::nullopt;
    return broken(from_error_code(code, context_), transport_verdict(code, context_).failure, http_subject);
  }

  Found asio() {
    if (!name()) {
      const auto value = small_number();
      if (!value) return unknown_code("Asio's");
      return foreign({*value < 0 ? lookup_category : system_category, *value});
    }
    const std::string_view wanted = last_name(*name());
    if (const auto number = parse_errno(wanted)) return foreign({system_category, *number});
    for (const NamedNumber& lookup : lookup_codes)
      if (lookup.name == wanted) return foreign({lookup_category, lookup.number});
    for (const NamedCode& named : transport_codes())
      if (named.name == wanted) return foreign(named.code);
    return unknown_code("Asio's");
  }

  Found parser() {
    if (!name()) {
      const auto value = small_number();
      if (!value) return unknown_code("the HTTP parser's");
      return foreign({parser_category, *value});
    }
    const std::string_view wanted = last_name(*name());
    for (const NamedCode& named : transport_codes()) {
      const bool own = named.code.category == parser_category || named.name == "timeout";
      if (own && named.name == wanted) return foreign(named.code);
    }
    return unknown_code("the HTTP parser's");
  }

  Found openssl() {
    std::optional<TlsFailure> failure = name() ? parse_tls_failure(*name()) : tls_failure(number());
    if (!failure) failure = parse_tls_failure(last_name(*name()));
    if (!failure) return stream_ended() ? tls({}) : unknown_code("OpenSSL's");
    const bool none = name() ? *name() == "X509_V_OK" || *name() == "OK" : number() == 0;
    return none ? Found(std::nullopt) : tls(*failure);
  }

  bool stream_ended() const { return name() && last_name(*name()) == "stream_truncated"; }

  Found tls(const TlsFailure& failure) {
    return broken(from_tls(failure, context_), tls_verdict(failure).failure, http_subject);
  }

  Found system() {
    std::optional<int> code = name() ? parse_errno(*name()) : small_number();
    if (!code) return unknown_code("errno's");
    if (*code == 0) return std::nullopt;
    const auto verdict = errno_verdict(*code);
    Error error = from_errno(*code, context_);
    if (line_.phase == Phase::spawn)
      return Finding{std::move(error), "The process of the server could not be started."};
    return broken(std::move(error), verdict ? verdict->failure : FailureClass::local, any_subject);
  }

  Found graphql() {
    if (!line_.graphql_errors.empty())
      return answered(from_graphql(read_graphql_errors(line_.graphql_errors), context_), "GraphQL");
    if (!name()) {
      const auto status = small_number();
      return status ? http(*status, "GraphQL") : unknown_code("the statuses of HTTP");
    }
    const std::string_view type = last_name(*name());
    Error error = from_graphql_transport(type, headers_, now_, context_);
    if (error.status_code()) return answered(std::move(error), "GraphQL");
    return Finding{std::move(error), "GraphQL request failed before a complete response was received."};
  }

  Found grpc() {
    const std::optional<int> code = name() ? parse_grpc_status(last_name(*name())) : small_number();
    if (!code) return unknown_code("gRPC's");
    if (*code == 0) return std::nullopt;
    Error error = from_grpc(*code, context_);
    if (error.code() == Code::proto_cancelled)
      return broken(std::move(error), FailureClass::cancelled, any_subject);
    return answered(std::move(error), "gRPC");
  }

  Found jsonrpc() {
    Error error = from_jsonrpc(line_.rpc_code, line_.status, context_);
    std::string_view what = "the server failed";
    if (error.kind() == Kind::upstream_runtime_bad_request) what = "it was not accepted";
    if (error.kind() == Kind::upstream_runtime_not_found) what = "what it asks for is not there";
    return Finding{std::move(error), "Upstream JSON-RPC request failed (" + std::string(what) + ")."};
  }

  Found mcp_result() {
    if (!line_.is_error) return std::nullopt;
    return Finding{from_mcp_result(context_), "The tool answered that it failed."};
  }

  Found exception() {
    RaisedType raised{.name = line_.type, .status = line_.status};
    raised.os_errno = line_.curl.os_errno;
    if (*raised.os_errno == 0 && name()) raised.os_errno = parse_errno(*name());
    if (std::holds_alternative<std::int64_t>(line_.code)) raised.os_errno = small_number();
    Error error = from_exception_type(raised, context_);
    if (error.authored() == nullptr) {
      std::string message = what_failed(error);
      return Finding{std::move(error), std::move(message)};
    }
    std::string message = error.authored()->message;
    if (message.empty()) message = what_failed(error);
    return Finding{std::move(error), std::move(message)};
  }

  void describe_request(Error& error) const {
    if (const std::string_view service = service_of(line_.source); !service.empty())
      error.with_extra("service", std::string(service));
    if (const std::string endpoint = endpoint_of(line_.url); !endpoint.empty())
      error.with_extra("endpoint", endpoint);
    for (const std::string_view method : methods)
      if (iequals(method, line_.method)) error.with_extra("http_method", std::string(method));
  }

  const Line& line_;
  SystemTime now_;
  Context context_;
  std::vector<HeaderField> headers_;
};

}  // namespace

Found classify_line(const Line& line, SystemTime now, std::span<const int> refuses_with) {
  return Classification(line, now, refuses_with).run();
}

}  // namespace sallyport::classify
