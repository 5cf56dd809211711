// The receivers of alerts outside the gateway.
#pragma once

#include "alerts/alert.hpp"
#include "base/secret.hpp"
#include "net/datagram.hpp"
#include "net/http_client.hpp"

#include <functional>
#include <memory>
#include <string>

namespace sallyport::alerts {

class Sink {
 public:
  virtual ~Sink() = default;
  // `can_retry` of a failure says whether the same alert may be sent again.
  virtual Task<void> send(const Alert& alert) = 0;
};

// A POST of JSON; what answers 2xx has it. No redirect is followed.
class Webhook final : public Sink {
 public:
  // CONFIG_001 for a URL that is none, or authorities that cannot be read. Nothing says what the URL is.
  static Result<std::unique_ptr<Webhook>> make(task::Loop& loop, const Secret& url);
  Task<void> send(const Alert& alert) override;

 private:
  Webhook(task::Loop& loop, net::Endpoint endpoint, std::shared_ptr<net::TlsTrust> trust);
  Task<void> post(const std::string& body);

  task::Loop* loop_;
  net::HttpPool pool_;
};

class Syslog final : public Sink {
 public:
  explicit Syslog(net::DatagramTarget target);
  Task<void> send(const Alert& alert) override;

 private:
  net::DatagramTarget target_;
  std::string host_;
};

// Hands the record of an event to whoever exports telemetry.
using EventSink = std::function<void(std::string otlp_record)>;

class OtlpEvents final : public Sink {
 public:
  explicit OtlpEvents(EventSink sink) : sink_(std::move(sink)) {}
  Task<void> send(const Alert& alert) override;

 private:
  EventSink sink_;
};

}  // namespace sallyport::alerts
