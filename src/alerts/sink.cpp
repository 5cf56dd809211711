#include "alerts/sink.hpp"

#include "classify/classify.hpp"
#include "classify/http.hpp"

#include <array>

#include <unistd.h>

namespace sallyport::alerts {
namespace {

constexpr std::chrono::milliseconds patience{5000};  // for one attempt, the connection included
constexpr std::string_view fields =
    "Content-Type: application/json\r\nUser-Agent: sallyport/" SALLYPORT_VERSION "\r\n";

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

}  // namespace

Webhook::Webhook(task::Loop& loop, net::Endpoint endpoint, std::shared_ptr<net::TlsTrust> trust)
    : loop_(&loop), pool_(loop, std::move(endpoint), std::move(trust), {.idle = 1}) {}

Result<std::unique_ptr<Webhook>> Webhook::make(task::Loop& loop, const Secret& url) {
  auto endpoint = net::parse_endpoint(url.reveal());
  if (!endpoint) return Failure(Error(Code::config_invalid).with_executed(Executed::no));
  std::shared_ptr<net::TlsTrust> trust;
  if (endpoint->tls) trust = TRY(net::TlsTrust::load(""));
  return std::unique_ptr<Webhook>(new Webhook(loop, std::move(*endpoint), std::move(trust)));
}

Task<void> Webhook::send(const Alert& alert) {
  const std::string body = alert_json(alert);
  const auto late = [](const Error& cancelled) {
    classify::Context context;
    context.operation = classify::Operation::telemetry;
    context.phase = cancelled.phase();
    context.executed = cancelled.executed();
    return classify::make_error(classify::FailureClass::timeout, context).with_can_retry(true);
  };
  co_return co_await task::with_deadline(loop_->timers(), loop_->now() + patience, post(body), late);
}

Task<void> Webhook::post(const std::string& body) {
  net::HttpCall call(pool_);
  const std::string_view pieces[] = {body};
  CO_TRY(co_await call.send("POST", pool_.endpoint().target, fields, pieces, false));
  CO_TRY(co_await call.receive_head());
  const int status = call.head().status;
  if (status / 100 == 2) co_return ok();
  classify::Context context;
  context.operation = classify::Operation::telemetry;
  Error error = classify::from_http(status, {}, loop_->clock().system_now(), context);
  co_return Failure(error.with_can_retry(status == 408 || status == 429 || status >= 500));
}

Syslog::Syslog(net::DatagramTarget target) : target_(std::move(target)), host_(host_name()) {}

Task<void> Syslog::send(const Alert& alert) {
  co_return net::send_datagram(target_, alert_syslog(alert, host_, ::getpid()));
}

Task<void> OtlpEvents::send(const Alert& alert) {
  sink_(alert_otlp(alert));
  co_return ok();
}

}  // namespace sallyport::alerts
