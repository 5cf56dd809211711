#include "layers/asking/client_questions.hpp"

#include "layers/asking/ask_client.hpp"
#include "layers/asking/server_replies.hpp"
#include "protocol/envelope.hpp"

namespace sallyport::layers {
namespace {

// The client's own error, its code included: a user who said no is no failure.
std::string response_of(std::string_view id, protocol::Method method, session::ClientAnswer answer) {
  if (answer.refused)
    return R"({"jsonrpc":"2.0","id":)" + std::string(id) + R"(,"error":)" + answer.raw + "}";
  return answer_response(id, method, answer.raw);
}

}  // namespace

ClientQuestions::ClientQuestions(task::Loop& loop, pipeline::Call& call, std::chrono::milliseconds patience)
    : loop_(&loop),
      call_(&call),
      limit_(call.timer ? call.timer->given() : std::chrono::milliseconds(0)),
      patience_(patience),
      group_(loop) {}

void ClientQuestions::asked(const protocol::Question& question,
                            std::weak_ptr<pipeline::ResponseSink> server) {
  auto params = askable_params(*call_, question, open_.size());
  if (!params) return respond(server, std::move(params).error());
  if (protocol::needed(question).urls)
    remember(protocol::elicitation_id(question.params), protocol::elicitation_id(*params), server);
  Open& open = open_.emplace_back(std::string(question.key));
  if (!waiting_) waiting_.emplace(*loop_, *call_, limit_, patience_);
  set_waits(true);
  group_.spawn(ask(open, question.method, std::move(*params), std::move(server)));
}

// `shown`: the id that the client gets for the server's own.
void ClientQuestions::remember(std::string id, std::string shown,
                               const std::weak_ptr<pipeline::ResponseSink>& server) {
  const auto asker = server.lock();
  if (!asker || id.empty()) return;
  const auto page = ClientPage::make(*call_->client, call_->events, std::move(shown));
  pages_.push_back(page);
  asker->opened(std::move(id), page);
}

void ClientQuestions::withdrawn(std::string_view id) {
  for (Open& open : open_) {
    if (open.id != id || !open.scope) continue;
    open.withdrawn = true;
    return open.scope->cancel(task::CancelReason::superseded);
  }
}

Task<void> ClientQuestions::ask(Open& open, protocol::Method method, std::string params,
                                std::weak_ptr<pipeline::ResponseSink> server) {
  task::Scope& outer = co_await task::current_scope();
  task::Scope scope(outer);
  open.scope = &scope;
  auto answer = co_await ask_client(*loop_, *call_, method, std::move(params), patience_).in(scope);
  if (answer) {
    respond(server, response_of(open.id, method, std::move(*answer)));
  } else if (!open.withdrawn) {
    const bool over = answer.error().code() == Code::proto_cancelled;
    respond(server,
            protocol::unanswered_response(open.id, over ? "The call is over" : "The client did not answer"));
  }
  open_.remove_if([&](const Open& each) { return &each == &open; });
  if (open_.empty()) {
    waiting_.reset();
    set_waits(false);
  }
  co_return ok();
}

Task<void> ClientQuestions::end() {
  for (const auto& page : pages_)
    if (const auto kept = page.lock()) kept->stream_ended();
  group_.cancel(task::CancelReason::superseded);
  task::Scope ending;
  co_return co_await group_.join().in(ending);
}

}  // namespace sallyport::layers
