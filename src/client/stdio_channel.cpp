#include "client/stdio_channel.hpp"

#include "classify/refine.hpp"
#include "client/failure.hpp"
#include "client/probe.hpp"
#include "client/server_messages.hpp"
#include "json/splice.hpp"
#include "net/descriptor_limit.hpp"
#include "protocol/envelope.hpp"

#include <algorithm>
#include <cstring>

namespace sallyport::client {
namespace {

using protocol::Field;
using protocol::Method;

// A server that stays silent on server/discover is taken for a legacy one after this long: the spec asks for
// a limit and names none. A child that is still starting answers both requests, the second one counts.
constexpr std::chrono::milliseconds probe_patience{3000};
constexpr std::size_t stdin_slack = 1024 * 1024;
constexpr std::size_t max_replaced = 64;

net::ChildSpec child_spec(const Target& target) {
  net::ChildSpec spec;
  spec.command = target.command;
  spec.args = target.args;
  spec.env = net::child_environment(target.env);
  spec.cwd = target.cwd;
  spec.descriptors = net::original_descriptor_limit();
  return spec;
}

}  // namespace

StdioChannel::StdioChannel(Environment environment, std::unique_ptr<Process> process)
    : env_(environment), process_(std::move(process)), group_(env_.loop) {}

StdioChannel::~StdioChannel() = default;

Task<std::unique_ptr<StdioChannel>> StdioChannel::open(Environment environment,
                                                       std::optional<protocol::Revision> revision) {
  const std::size_t max_stdin = static_cast<std::size_t>(environment.settings.request) * 4 + stdin_slack;
  auto process =
      CO_TRY(Process::spawn(environment.loop, child_spec(environment.target), environment.tail, max_stdin));
  std::unique_ptr<StdioChannel> channel(new StdioChannel(environment, std::move(process)));
  Result<void> ready = co_await channel->process_->started();
  if (environment.target.faults) channel->lines_ = &channel->process_->wrap_output<FaultyLines>();
  if (ready) {
    channel->group_.spawn(channel->read_lines());
    ready = co_await channel->handshake(revision);
  }
  if (!ready) {
    task::Scope ending;  // what was started is ended whatever became of who wanted it
    (void)co_await channel->close().in(ending);
    co_return Failure(std::move(ready).error());
  }
  channel->open_ = true;
  co_return channel;
}

Task<void> StdioChannel::handshake(std::optional<protocol::Revision> revision) {
  // A server whose revision the config names is asked too: what it can do is said there only.
  if (!revision || protocol::era(*revision) == protocol::Era::modern) {
    const bool modern = CO_TRY(co_await probe_modern());
    if (modern && !revision) revision = protocol::latest_modern;
  }
  if (revision && protocol::era(*revision) == protocol::Era::modern) {
    revision_ = *revision;
    listen();
    co_return ok();
  }
  co_return co_await initialize(revision.value_or(protocol::latest_legacy));
}

Task<bool> StdioChannel::probe_modern() {
  Outgoing discover;
  discover.method = Method::server_discover;
  revision_ = protocol::latest_modern;
  auto answer =
      co_await task::with_deadline(env_.loop.timers(), env_.loop.now() + probe_patience, request(discover),
                                   [](const Error& cancelled) { return classify::out_of_time(cancelled); });
  revision_ = protocol::latest_legacy;
  if (!answer) {
    if (answer.error().code() == Code::network_timeout) co_return false;
    co_return Failure(std::move(answer).error());  // it ended: who opens it knows what to try next
  }
  switch (judge_probe((*answer)->bytes, (*answer)->message)) {
    case ProbeVerdict::modern:
      if ((*answer)->message.kind() == protocol::MessageKind::result_response)
        capabilities_ =
            protocol::read_capabilities((*answer)->message, (*answer)->bytes, protocol::latest_modern);
      co_return true;
    case ProbeVerdict::legacy:
      co_return false;
    case ProbeVerdict::incompatible:
      break;
  }
  co_return Failure(
      failure(classify::FailureClass::protocol, "the server speaks no protocol revision of ours"));
}

Task<void> StdioChannel::initialize(protocol::Revision offered) {
  const Outgoing nothing;
  PendingRequest pending(env_.loop, pending_.next_id(), nothing);
  pending.cancellable = false;
  const auto answer = CO_TRY(co_await exchange(
      protocol::initialize_request(std::to_string(pending.id), offered,
                                   protocol::client_capabilities_json(env_.declares, offered)),
      pending));
  const Begun begun =
      CO_TRY(read_initialized(*answer, "the server chose a protocol revision that we do not speak"));
  revision_ = begun.revision;
  capabilities_ = begun.capabilities;
  std::string initialized = protocol::initialized_notification();
  write_line(initialized, net::Outbox::Keep::required);
  co_return ok();
}

// A modern server tells of changes only to whoever listens; one that cannot answers with an error, which is
// as good.
void StdioChannel::listen() {
  const std::int64_t id = pending_.next_id();
  listening_.insert(id);
  std::string line = listen_request(std::to_string(id), wanted_);
  write_line(line, net::Outbox::Keep::droppable);
}

void StdioChannel::listen_to(Wanted wanted) {
  if (protocol::era(revision_) != protocol::Era::modern) return;
  wanted_ = std::move(wanted);
  listen();
}

// The new one is there: what it replaces is given up, and nothing was missed in between.
void StdioChannel::take_acknowledged(std::string_view line, const protocol::Message& message) {
  const auto id = json::as_int64(message.raw(Field::meta_subscription, line));
  if (!id || listening_.empty() || *id != *listening_.rbegin()) return;
  while (*listening_.begin() < *id) {
    std::string notice = protocol::cancelled_notification(std::to_string(*listening_.begin()), "replaced");
    write_line(notice, net::Outbox::Keep::droppable);
    replaced_.insert(*listening_.begin());
    if (replaced_.size() > max_replaced) replaced_.erase(replaced_.begin());
    listening_.erase(listening_.begin());
  }
}

bool StdioChannel::write_line(std::string& line, net::Outbox::Keep keep) {
  if (lost_) return false;  // its stdin may be closed already, though it still speaks
  json::line_safe(line);
  line += '\n';
  return process_->input().push(line, keep);
}

// Does on purpose to a request what `rule` says; false as write_line().
bool StdioChannel::write_struck(const FaultRule& rule, std::string& line, PendingRequest& pending) {
  switch (*rule.fault) {
    case Fault::error:
      lines_->say(error_of(rule, pending.id));
      return true;
    case Fault::reset_before:
      pending.end_offset = process_->input().accepted() + line.size();  // where it would have ended
      lines_->cut();
      return true;
    default:
      lines_->strike(pending.id, rule);
  }
  const bool taken = write_line(line, net::Outbox::Keep::droppable);
  if (rule.fault == Fault::reset_after) lines_->cut();
  if (rule.fault == Fault::crash) process_->kill();
  return taken;
}

Task<std::unique_ptr<pipeline::Answer>> StdioChannel::request(const Outgoing& outgoing) {
  PendingRequest pending(env_.loop, pending_.next_id(), outgoing);
  const std::shared_ptr<Faults> faults = env_.target.faults;
  if (faults) pending.fault = faults->strike(outgoing.method, outgoing.name);
  if (pending.fault) env_.owner.fault_injected(*pending.fault->fault);
  if (pending.fault) throw_defect(*pending.fault);
  co_return co_await exchange(encode_request(outgoing, revision_, pending.id), pending);
}

Task<std::unique_ptr<pipeline::Answer>> StdioChannel::exchange(std::string bytes, PendingRequest& pending) {
  if (lost_) co_return Failure(Error(*lost_).with_executed(Executed::no));
  pending_.add(pending);
  // Droppable: one request that does not fit is refused; the child and the other callers keep their
  // connection.
  const bool taken = pending.fault ? write_struck(*pending.fault, bytes, pending)
                                   : write_line(bytes, net::Outbox::Keep::droppable);
  if (!taken) {
    pending_.remove(pending);
    if (!process_->input().broken()) {
      co_return Failure(never_sent(classify::FailureClass::exhausted, "the server does not read its stdin"));
    }
    Error closed = process_->exit_error().value_or(
        never_sent(classify::FailureClass::unavailable, "the server closed its stdin"));
    co_return Failure(closed.with_executed(Executed::no));
  }
  pending.end_offset = std::max(pending.end_offset, process_->input().accepted());
  for (const std::string& id : pending_.began(pending, weak_from_this())) refuse(id);
  Result<std::unique_ptr<pipeline::Answer>> answer = co_await pending.answer.take();
  pending_.remove(pending);
  if (!answer && answer.error().code() == Code::proto_cancelled && !lost_) {
    if (pending.cancellable) {
      std::string notice = protocol::cancelled_notification(std::to_string(pending.id), "the caller gave up");
      write_line(notice, net::Outbox::Keep::droppable);
    }
    co_return Failure(interrupted(pending, std::move(answer).error()));
  }
  co_return answer;
}

Error StdioChannel::interrupted(const PendingRequest& pending, Error error) const {
  // A line in the queue may still go out, so only what was never queued is known not to run.
  error.with_executed(pending.progressed ? Executed::yes : Executed::maybe);
  error.with_phase(Phase::wait);
  return error;
}

void StdioChannel::lost(const Error& reason) {
  if (lost_) return;
  lost_ = reason;
  const std::uint64_t written = process_->input().written();
  pending_.for_each([&](PendingRequest& pending) {
    Error error(reason);
    error.with_executed(pending.progressed              ? Executed::yes
                        : written >= pending.end_offset ? Executed::maybe
                                                        : Executed::no);
    pending.answer.fill(fail(std::move(error)));
  });
  if (open_) env_.owner.channel_lost(reason);
}

Task<void> StdioChannel::close() {
  open_ = false;
  lost(failure(classify::FailureClass::unavailable, "the connection was closed"));
  const Result<void> stopped = co_await process_->stop();
  group_.cancel(task::CancelReason::shutdown);
  (void)co_await group_.join();
  co_return stopped;
}

}  // namespace sallyport::client
