// What a child writes: its lines, one too long among them, and the messages in them.
#include "client/failure.hpp"
#include "client/server_messages.hpp"
#include "client/stdio_channel.hpp"
#include "protocol/envelope.hpp"

namespace sallyport::client {

using protocol::Method;

namespace {

constexpr std::size_t read_size = 64 * 1024;

json::Skimmer skim(std::string_view line) {
  json::Skimmer skimmer;
  skimmer.feed(line);
  return skimmer;
}

}  // namespace

Task<void> StdioChannel::read_lines() {
  net::InputBuffer input;
  net::Budget::Charge held = env_.budget.charge();  // for what has come of a line
  std::size_t searched = 0;
  for (;;) {
    const std::string_view bytes = input.view();
    const std::size_t end = bytes.find('\n', searched);
    if (end != std::string_view::npos) {
      held.release();
      take_line(bytes.substr(0, end));
      input.consume(end + 1);
      searched = 0;
      continue;
    }
    searched = bytes.size();
    if (searched == 0) input.shrink();
    const bool oversized = searched > env_.settings.stdio_line;
    if (oversized || !held.resize(searched)) {
      held.release();
      if (!CO_TRY(co_await skip_line(input, oversized ? too_large() : net::no_room()))) break;
      searched = 0;
      continue;
    }
    const Result<std::size_t> n = co_await net::read_some(process_->output(), input.prepare(read_size));
    if (!n || *n == 0) break;
    input.commit(*n);
  }
  lost(process_->exit_error().value_or(
      failure(classify::FailureClass::unavailable, "the server closed its stdout")));
  co_return ok();
}

// A line beyond a limit is read past in constant memory; only the request that it answers fails.
Task<bool> StdioChannel::skip_line(net::InputBuffer& input, Error why) {
  json::Skimmer skimmer;
  for (;;) {
    const std::string_view bytes = input.view();
    const std::size_t end = bytes.find('\n');
    skimmer.feed(bytes.substr(0, end));
    input.consume(end == std::string_view::npos ? bytes.size() : end + 1);
    if (end != std::string_view::npos) break;
    input.shrink();
    const Result<std::size_t> n = co_await net::read_some(process_->output(), input.prepare(read_size));
    if (!n || *n == 0) co_return false;
    input.commit(*n);
  }
  fail_skipped(skimmer, why);
  co_return true;
}

Error StdioChannel::too_large() const {
  return Error(Code::limit_result_too_large)
      .with_executed(Executed::yes)
      .with_can_retry(false)
      .with_phase(Phase::receive)
      .with_slot(Slot::limit, static_cast<std::int64_t>(env_.settings.stdio_line));
}

void StdioChannel::fail_skipped(const json::Skimmer& skimmer, const Error& why) {
  if (why.code() == Code::limit_result_too_large) env_.owner.garbage("oversized");
  const auto id = skimmer.id();
  PendingRequest* pending = id ? pending_.find(*id) : nullptr;
  if (pending) pending->answer.fill(fail(Error(why).with_executed(Executed::yes)));  // it was an answer
}

void StdioChannel::take_line(std::string_view line) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
  if (line.size() > env_.settings.stdio_line) return fail_skipped(skim(line), too_large());
  const auto message = protocol::parse_message(line, answer_limits(env_.settings, env_.settings.stdio_line));
  if (!message && message.error().flaw == protocol::Flaw::batch && take_batch(line)) return;
  if (!message) {
    env_.owner.garbage(message.error().flaw == protocol::Flaw::not_json ? "not_json" : "not_jsonrpc");
    if (PendingRequest* const asker = asker_of_unreadable(line, pending_))
      asker->answer.fill(fail(unreadable()));
    return;
  }
  take_message(line, *message);
}

void StdioChannel::take_message(std::string_view text, const protocol::Message& message) {
  switch (message.kind()) {
    case protocol::MessageKind::request:
      return take_request(text, message);
    case protocol::MessageKind::notification:
      return take_notification(text, message);
    default:
      return take_answer(text, message);
  }
}

// A server of 2025-03-26 may put several messages into one array. One that is malformed spoils no other.
bool StdioChannel::take_batch(std::string_view line) {
  const json::Limits limits = answer_limits(env_.settings, env_.settings.stdio_line);
  const auto elements = protocol::parse_batch(line, limits);
  if (revision_ != protocol::Revision::v2025_03_26 || !elements) return false;
  for (const json::Span& element : *elements) {
    const std::string_view text = element.of(line);
    if (const auto message = protocol::parse_message(text, limits)) {
      take_message(text, *message);
    } else {
      env_.owner.garbage("not_jsonrpc");
    }
  }
  return true;
}

void StdioChannel::take_answer(std::string_view line, const protocol::Message& message) {
  if (const auto id = json::as_int64(message.id(line)); id && is_listening(*id)) return;
  PendingRequest* pending = pending_.find(message.id(line));
  if (!pending || pending->answer.filled()) return env_.owner.late_answer();
  deliver(pending_, *pending, line, message, env_.budget);
}

void StdioChannel::take_request(std::string_view line, const protocol::Message& message) {
  const std::string_view id = message.id(line);
  if (message.method() == Method::ping) return respond(protocol::result_response(id, "{}"));
  const bool legacy = protocol::era(revision_) == protocol::Era::legacy;
  if (!legacy || env_.declares.none() || !pending_.asked(line, message, weak_from_this())) refuse(id);
}

void StdioChannel::refuse(std::string_view id) {
  env_.owner.garbage("request");
  respond(protocol::method_not_found_response(id));
}

void StdioChannel::respond(std::string response) {
  write_line(response, net::Outbox::Keep::droppable);
}

void StdioChannel::take_notification(std::string_view line, const protocol::Message& message) {
  if (message.method() == Method::notifications_subscriptions_acknowledged) take_acknowledged(line, message);
  pass_on(line, message, pending_, env_.owner);
}

}  // namespace sallyport::client
