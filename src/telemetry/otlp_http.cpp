#include "telemetry/otlp_http.hpp"

#include "classify/http.hpp"
#include "classify/refine.hpp"

#include <algorithm>

namespace sallyport::telemetry {
namespace {

constexpr std::uint64_t longest_answer = 64 * 1024;

// Whatever kept a report from arriving is one failure to operators; what exactly stands in its kind and
// phase. The collector may have it already: two of the same are better than none.
Error not_delivered(const Error& cause) {
  Error error(Code::telemetry_export_failed);
  error.with_kind(cause.kind()).with_can_retry(true).with_executed(cause.executed());
  if (cause.phase()) error.with_phase(*cause.phase());
  return std::move(error.with_developer_message(cause.developer_message()).with_cause(cause));
}

}  // namespace

OtlpHttp::OtlpHttp(task::Loop& loop, net::Endpoint endpoint, std::shared_ptr<net::TlsTrust> trust,
                   std::string headers)
    : loop_(&loop),
      pool_(loop, std::move(endpoint), std::move(trust), {.idle = 3}),
      headers_(std::move(headers)),
      base_(pool_.endpoint().target) {
  while (base_.ends_with('/')) base_.pop_back();
}

Result<std::unique_ptr<OtlpHttp>> OtlpHttp::make(task::Loop& loop, const OtlpTarget& target) {
  net::Endpoint endpoint = TRY(net::parse_endpoint(target.endpoint));
  std::shared_ptr<net::TlsTrust> trust;
  if (endpoint.tls) trust = TRY(net::TlsTrust::load(target.ca));
  std::string headers = "Content-Type: application/json\r\nUser-Agent: sallyport/" SALLYPORT_VERSION "\r\n";
  for (const auto& [name, value] : target.headers)
    headers.append(name).append(": ").append(value.reveal()).append("\r\n");
  return std::unique_ptr<OtlpHttp>(
      new OtlpHttp(loop, std::move(endpoint), std::move(trust), std::move(headers)));
}

Task<std::uint64_t> OtlpHttp::send(Signal signal, std::string_view report) {
  auto sent =
      co_await task::with_deadline(loop_->timers(), loop_->now() + patience, post(signal, report),
                                   [](const Error& cancelled) { return classify::out_of_time(cancelled); });
  if (sent) co_return sent;
  const bool ours = sent.error().code() == Code::telemetry_provider_error ||
                    sent.error().code() == Code::telemetry_export_failed ||
                    sent.error().code() == Code::telemetry_config_error;
  if (ours) co_return sent;
  co_return Failure(not_delivered(sent.error()));
}

Task<std::uint64_t> OtlpHttp::post(Signal signal, std::string_view report) {
  net::HttpCall call(pool_);
  const std::string path = base_ + "/v1/" + std::string(name(signal));
  const std::string_view pieces[] = {report};
  CO_TRY(co_await call.send("POST", path, headers_, pieces, false));
  CO_TRY(co_await call.receive_head());
  if (call.head().status / 100 != 2) co_return Failure(refusal(call.head()));
  // It has the report, whatever becomes of its answer.
  const Result<std::string> answer = co_await call.receive_body(longest_answer);
  co_return answer ? rejected_records(signal, *answer) : 0;
}

Error OtlpHttp::refusal(const net::ResponseHead& head) const {
  std::vector<classify::HeaderField> fields;
  for (const auto& field : head.fields) fields.push_back({field.name, field.value});
  classify::Context context;
  context.operation = classify::Operation::telemetry;
  Error error = classify::from_http(head.status, fields, loop_->clock().system_now(), context);
  // These and no others, says OTLP.
  const bool passes = head.status == 429 || (head.status >= 502 && head.status <= 504);
  return std::move(error.with_can_retry(passes));
}

}  // namespace sallyport::telemetry
