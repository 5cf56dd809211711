// How a connection to an HTTP upstream begins: the era, the session, and another session when it was
// forgotten.
#include "classify/refine.hpp"
#include "client/failure.hpp"
#include "client/http_channel.hpp"
#include "client/probe.hpp"
#include "client/server_messages.hpp"
#include "protocol/envelope.hpp"

namespace sallyport::client {

using protocol::Era;
using protocol::Method;

Task<void> HttpChannel::handshake(std::optional<protocol::Revision> revision) {
  // A server whose revision the config names is asked too: what it can do is said there only.
  if (!revision || protocol::era(*revision) == Era::modern) {
    const bool modern = CO_TRY(co_await probe_modern());
    if (modern && !revision) revision = protocol::latest_modern;
  }
  revision_ = revision.value_or(protocol::latest_legacy);
  renew_headers();
  if (protocol::era(revision_) == Era::modern) co_return ok();
  co_return co_await initialize();
}

Task<bool> HttpChannel::probe_modern() {
  Outgoing discover;
  discover.method = Method::server_discover;
  discover.repeatable = true;
  revision_ = protocol::latest_modern;
  renew_headers();
  auto answer = co_await request(discover);
  if (answer) {
    switch (judge_probe((*answer)->bytes, (*answer)->message)) {
      case ProbeVerdict::modern:
        if ((*answer)->message.kind() == protocol::MessageKind::result_response)
          capabilities_ = protocol::read_capabilities((*answer)->message, (*answer)->bytes, revision_);
        co_return true;
      case ProbeVerdict::legacy:
        co_return false;
      case ProbeVerdict::incompatible:
        break;
    }
    co_return Failure(
        failure(classify::FailureClass::protocol, "the server speaks no protocol revision of ours"));
  }
  // A refusal that is no JSON-RPC is how a server answers that never heard of it; an outage is no evidence.
  const int status = answer.error().status_code().value_or(0);
  if (status >= 400 && status < 500 && status != 401 && status != 403 && status != 408 && status != 429)
    co_return false;
  co_return Failure(std::move(answer).error());
}

Task<void> HttpChannel::initialize() {
  const protocol::Revision offered = offered_to(env_.target);
  revision_ = offered;
  const Outgoing nothing;
  PendingRequest pending(env_.loop, pending_.next_id(), nothing);
  const std::string body = protocol::initialize_request(
      std::to_string(pending.id), offered, protocol::client_capabilities_json(env_.declares, offered));
  const auto answer = CO_TRY(co_await exchange(fixed_headers_, body, pending));
  const Begun begun =
      CO_TRY(read_initialized(*answer, "initialize was not answered with a revision that we speak"));
  revision_ = begun.revision;
  capabilities_ = begun.capabilities;
  session_ = std::move(pending.session);
  renew_headers();
  co_return co_await notify(protocol::initialized_notification());
}

Task<void> HttpChannel::reinitialize(std::string lost) {
  if (session_ != lost) co_return ok();  // somebody else did it meanwhile
  if (closing_) {
    co_return Failure(failure(classify::FailureClass::unavailable, "the connection was closed")
                          .with_executed(Executed::no));
  }
  co_return co_await initializing_.run([this] {
    return task::with_deadline(env_.loop.timers(), env_.loop.now() + env_.settings.discovery, renew_session(),
                               [](const Error& cancelled) { return classify::out_of_time(cancelled); });
  });
}

Task<void> HttpChannel::renew_session() {
  CO_TRY(co_await initialize());
  if (std::exchange(listened_, false)) spawn(listen());
  env_.owner.session_renewed();
  co_return ok();
}

}  // namespace sallyport::client
