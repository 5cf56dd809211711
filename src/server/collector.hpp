// Which collector the telemetry of a server goes to: what the command line and OpenTelemetry's variables say.
#pragma once

#include "base/secret.hpp"
#include "errors/result.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::server {

struct Collector {
  std::string endpoint;  // to which /v1/traces, /v1/metrics and /v1/logs are added
  std::vector<std::pair<std::string, Secret>> headers;
  std::string ca;       // a PEM file instead of the system's trust
  std::string service;  // empty: the server's own name
};

// Gives the value of a variable of the environment, or nothing.
using Variables = std::function<std::optional<std::string>(const char* name)>;
Variables environment();

// `url` is what the command line says; empty: OTEL_EXPORTER_OTLP_ENDPOINT. With them go
// OTEL_EXPORTER_OTLP_HEADERS, OTEL_EXPORTER_OTLP_CERTIFICATE and OTEL_SERVICE_NAME, as the OpenTelemetry
// specification has them. Nothing if neither names one, or the variables want no telemetry
// (OTEL_SDK_DISABLED), or another protocol than HTTP and it is they that name it. CONFIG_001 for what cannot
// be used.
Result<std::optional<Collector>> find_collector(const std::string& url, const Variables& variables);

}  // namespace sallyport::server
