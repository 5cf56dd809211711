#include "classify/refine.hpp"

namespace sallyport::classify {
namespace {

// The class whose code this is, of a tool call or of no operation; the last in the order of FailureClass that
// has it, which is the widest.
std::optional<FailureClass> class_of_code(Code code) noexcept {
  for (std::size_t i = failure_class_count; i-- > 0;) {
    const auto failure = static_cast<FailureClass>(i);
    for (const Operation operation : {Operation::none, Operation::tool_call})
      for (const bool sent : {false, true})
        if (code_for(operation, failure, sent, false) == code) return failure;
  }
  return std::nullopt;
}

}  // namespace

Error for_operation(const Error& error, Operation operation) {
  const std::optional<FailureClass> failure = class_of_code(error.code());
  if (!failure) return error;
  const bool sent = error.code() == Code::tool_timeout;
  const Code code = code_for(operation, *failure, sent, false);
  if (code == error.code()) return error;
  Error renamed(code, error.notes().front().where);
  renamed.with_kind(error.kind()).with_can_retry(error.can_retry()).with_executed(error.executed());
  if (!error.developer_message().empty()) renamed.with_developer_message(error.developer_message());
  if (error.phase()) renamed.with_phase(*error.phase());
  if (error.retry_after()) renamed.with_retry_after(*error.retry_after());
  if (error.status_code()) renamed.with_status_code(*error.status_code());
  if (error.wire_status()) renamed.with_wire_status(*error.wire_status());
  for (const Extra& extra : error.extras()) renamed.with_extra(extra.key, extra.value);
  return std::move(renamed.with_cause(error));
}

Error out_of_time(const Error& cancelled, std::optional<std::chrono::milliseconds> limit,
                  std::source_location where) {
  Context context;
  context.phase = cancelled.phase();
  context.executed = cancelled.executed();
  context.where = where;
  Error error = make_error(FailureClass::timeout, context);
  if (limit) error.with_slot(Slot::seconds, std::chrono::ceil<std::chrono::seconds>(*limit).count());
  return std::move(error.with_cause(cancelled));
}

}  // namespace sallyport::classify
