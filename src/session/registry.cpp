#include "session/registry.hpp"

#include "base/ids.hpp"
#include "base/sha256.hpp"
#include "base/strings.hpp"
#include "protocol/envelope.hpp"
#include "protocol/tasks.hpp"

#include <cassert>
#include <utility>

namespace sallyport::session {

RunningCalls::~RunningCalls() {
  assert(calls_.empty());
}

bool RunningCalls::cancel(std::string_view id) noexcept {
  for (Running& call : calls_) {
    if (call.id != id) continue;
    call.scope->cancel(task::CancelReason::client);
    return true;
  }
  return false;
}

void RunningCalls::cancel_all(task::CancelReason reason) noexcept {
  for (auto call = calls_.begin(); call != calls_.end();)
    (call++)->scope->cancel(reason);  // it may end at once
}

void Session::resource_updated(std::string_view uri) {
  events.standing()->append_once(protocol::resource_updated_notification(uri));
}

void Session::task_changed(std::string_view members) {
  tell(protocol::task_notification(members));
}

void Session::tell(std::string_view notification) {
  if (events.has_standing()) events.standing()->append(notification, Weight::droppable);
}

Registry::Registry(task::Timers& timers, SessionLimits limits, EventLimits events)
    : timers_(&timers), limits_(limits), events_(timers, events), sweeper_(timers) {}

Registry::~Registry() {
  by_use_.clear();
  for (const auto& [id, session] : by_id_) session->events.close();
}

Result<std::shared_ptr<Session>> Registry::create(std::string_view principal, std::string_view endpoint,
                                                  protocol::Revision revision) {
  std::uint32_t& owned = per_principal_[std::string(principal)];
  if (by_id_.size() >= limits_.total || owned >= limits_.per_principal) {
    const bool own = owned >= limits_.per_principal;
    if (owned == 0) per_principal_.erase(std::string(principal));
    return fail(Error(Code::limit_too_many_sessions)
                    .with_executed(Executed::no)
                    .with_retry_after(std::chrono::seconds(10))
                    .with_slot(Slot::limit, own ? limits_.per_principal : limits_.total));
  }
  auto session = std::make_shared<Session>(events_);
  session->id = new_session_id();
  const auto digest = sha256(session->id);
  session->tag = hex(std::span(digest).first(8));
  session->principal = principal;
  session->endpoint = endpoint;
  session->revision = revision;
  session->last_used = timers_->now();
  ++owned;
  by_id_.emplace(session->id, session);
  by_use_.push_back(*session);
  if (!sweeper_.active()) sweeper_.start(session->last_used + limits_.idle, [this] { sweep(); });
  return session;
}

Result<std::shared_ptr<Session>> Registry::find(std::string_view id, std::string_view principal,
                                                std::string_view endpoint) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end() || found->second->principal != principal || found->second->endpoint != endpoint) {
    return fail(Error(Code::proto_session_unknown).with_executed(Executed::no));
  }
  return found->second;
}

void Registry::set_limits(SessionLimits limits, EventLimits events) {
  limits_ = limits;
  events_.set_limits(events);
  wind();
}

void Registry::touch(Session& session) noexcept {
  session.last_used = timers_->now();
  if (!session.is_linked()) return;  // it was removed while in use
  by_use_.splice(by_use_.end(), by_use_, by_use_.iterator_to(session));
}

void Registry::remove(Session& session) noexcept {
  if (!session.is_linked()) return;
  by_use_.erase(by_use_.iterator_to(session));
  const auto owner = per_principal_.find(session.principal);
  if (--owner->second == 0) per_principal_.erase(owner);
  const auto node =
      by_id_.extract(std::string_view(session.id));  // keeps it alive to the end of this function
  session.running.cancel_all(task::CancelReason::client);
  session.log.leave();
  session.subscriptions.clear();
  session.pages.clear();
  for (auto& [id, task] : std::exchange(session.tasks, {})) task.reset();
  session.instances.clear();
  session.ear.reset();
  session.events.close();
}

void Registry::sweep() {
  const SteadyTime now = timers_->now();
  for (auto session = by_use_.begin(); session != by_use_.end();) {
    Session& candidate = *session++;
    if (candidate.in_use > 0) continue;
    if (candidate.last_used + limits_.idle > now) break;
    remove(candidate);
  }
  wind();
}

void Registry::wind() {
  if (by_use_.empty()) return;
  sweeper_.start(std::max(by_use_.front().last_used + limits_.idle, timers_->now() + limits_.idle / 8),
                 [this] { sweep(); });
}

Registry::Use::Use(Registry& registry, std::shared_ptr<Session> session)
    : registry_(&registry), session_(std::move(session)) {
  ++session_->in_use;
  registry_->touch(*session_);
}

Registry::Use::~Use() {
  --session_->in_use;
  registry_->touch(*session_);
}

}  // namespace sallyport::session
