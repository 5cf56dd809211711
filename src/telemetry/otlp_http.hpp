// A collector that is reached by OTLP/HTTP: POSTs of JSON to /v1/traces, /v1/metrics and /v1/logs.
#pragma once

#include "base/secret.hpp"
#include "net/http_client.hpp"
#include "telemetry/otlp_sender.hpp"

#include <string>
#include <utility>
#include <vector>

namespace sallyport::telemetry {

struct OtlpTarget {
  std::string endpoint;  // an http or https URL, to which /v1/… is added
  std::vector<std::pair<std::string, Secret>> headers;
  std::string ca;  // a PEM file instead of the system's trust
};

class OtlpHttp final : public OtlpCollector {
 public:
  // How long a collector has for one report, the connection included.
  static constexpr std::chrono::milliseconds patience{10'000};

  // CONFIG_001 for an endpoint that is none, or authorities that cannot be read.
  static Result<std::unique_ptr<OtlpHttp>> make(task::Loop& loop, const OtlpTarget& target);

  Task<std::uint64_t> send(Signal signal, std::string_view report) override;

 private:
  OtlpHttp(task::Loop& loop, net::Endpoint endpoint, std::shared_ptr<net::TlsTrust> trust,
           std::string headers);
  Task<std::uint64_t> post(Signal signal, std::string_view report);
  Error refusal(const net::ResponseHead& head) const;

  task::Loop* loop_;
  net::HttpPool pool_;
  std::string headers_;
  std::string base_;  // of the path, without a slash at its end
};

}  // namespace sallyport::telemetry
