#include "layers/validate/validate.hpp"

#include "telemetry/metrics_names.hpp"
#include "upstream/tool.hpp"

namespace sallyport::layers {
namespace {

using protocol::Field;
using schema::Doubt;
using upstream::Validation;

Error refusal(std::string_view pointer, std::string_view rule) {
  Error error(Code::tool_invalid_args);
  error.with_executed(Executed::no).with_can_retry(false).with_slot(Slot::constraint, rule);
  if (!pointer.empty()) error.with_slot(Slot::pointer, pointer);
  return error;
}

// Whoever sends arguments can bring these about, so they are not to open what `enforce` keeps shut.
bool callers_doing(Doubt doubt) {
  return doubt == Doubt::budget || doubt == Doubt::value;
}

}  // namespace

Task<pipeline::Reply> Validate::call(pipeline::Call& call) {
  if (call.tool && call.method() == protocol::Method::tools_call && call.tool->validate != Validation::off) {
    if (auto refused = judge(call)) return pipeline::refuse(*std::move(refused));
  }
  return next().call(call);
}

std::optional<Error> Validate::judge(const pipeline::Call& call) {
  const schema::Schema* const schema = call.tool->input_schema();
  if (!schema) return std::nullopt;
  const bool enforced = call.tool->validate == Validation::enforce;
  if (schema->doubt() != Doubt::none) {
    count(call, schema::name(schema->doubt()));
    return std::nullopt;
  }
  const std::string_view arguments = call.message->raw(Field::arguments, call.bytes);
  const schema::Verdict verdict = schema->check(arguments.empty() ? "{}" : arguments);
  if (verdict.fits()) {
    count(call, "fits");
    return std::nullopt;
  }
  if (!verdict.misfit) {
    count(call, schema::name(verdict.doubt));
    if (!enforced || !callers_doing(verdict.doubt)) return std::nullopt;
    return refusal({}, verdict.doubt == Doubt::budget
                           ? "they are too much to be checked against the tool's schema"
                           : "they hold a number or a text that cannot be checked");
  }
  count(call, enforced ? "refused" : "passed");
  if (enforced) return refusal(verdict.misfit->pointer, verdict.misfit->rule);
  log(call, *verdict.misfit);
  return std::nullopt;
}

void Validate::count(const pipeline::Call& call, std::string_view outcome) {
  auto& of_server = counters_[call.tool->server];
  telemetry::Counter*& counter = of_server[outcome];
  if (!counter)
    counter = &metrics_->counter(telemetry::metrics::arguments_checked, {call.tool->server, outcome});
  counter->increment();
}

void Validate::log(const pipeline::Call& call, const schema::Misfit& misfit) {
  if (const auto suppressed = limiter_.pass(timers_->now()))
    log::info("arguments do not fit the tool's schema, and pass", {{"server", call.tool->server},
                                                                   {"tool", call.tool->name},
                                                                   {"pointer", misfit.pointer},
                                                                   {"rule", misfit.rule},
                                                                   {"suppressed", *suppressed}});
}

}  // namespace sallyport::layers
