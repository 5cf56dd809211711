#include "layers/asking/ask_client.hpp"

#include "errors/mcp_errors.hpp"
#include "protocol/envelope.hpp"
#include "protocol/questions.hpp"
#include "task/group.hpp"

namespace sallyport::layers {

Task<session::ClientAnswer> ask_client(task::Loop& loop, pipeline::Call& call, protocol::Method method,
                                       std::string params, std::chrono::milliseconds patience) {
  session::Questions& questions = call.client->questions;
  const session::Questions::Open open = CO_TRY(questions.open(loop));
  std::string request = R"({"jsonrpc":"2.0","id":)" + open.id + R"(,"method":")";
  request.append(protocol::name(method)).append("\"");
  if (!params.empty()) request.append(R"(,"params":)").append(params);
  call.events->request(request + '}');
  bool late = false;
  auto answer = co_await task::with_deadline(
      loop.timers(), loop.now() + patience, open.answer->take(), [&](const Error&) {
        late = true;
        return session::unanswered("The client did not answer in time.")
            .with_slot(Slot::seconds, std::chrono::ceil<std::chrono::seconds>(patience).count());
      });
  questions.drop(open.id);
  if (answer) co_return answer;
  if (late || answer.error().code() == Code::proto_cancelled)
    call.events->notify(protocol::cancelled_notification(open.id, "the call waits no longer"));
  co_return Failure(std::move(answer).error().with_executed(Executed::maybe));
}

Result<std::string> good_answer(protocol::Method method, session::ClientAnswer answer) {
  std::string text = TRY(session::result_of(std::move(answer)));
  if (!protocol::is_answer(method, text))
    return fail(
        Error(ServerRequestError("What the client answered is no answer to what it was asked.").error())
            .with_slot(Slot::constraint, "what the client answered is no answer to what it was asked"));
  return text;
}

}  // namespace sallyport::layers
