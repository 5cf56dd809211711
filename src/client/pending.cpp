#include "client/pending.hpp"

#include "protocol/envelope.hpp"
#include "protocol/rewrite.hpp"
#include "protocol/tasks.hpp"

#include <string>

namespace sallyport::client {

PendingRequest* PendingRequests::find(std::string_view raw_id) noexcept {
  const auto id = json::as_int64(raw_id);
  const auto found = id ? place(*id) : requests_.end();
  return found == requests_.end() || found->first != *id ? nullptr : found->second;
}

namespace {

constexpr std::size_t max_early = 8;
constexpr std::size_t max_early_bytes = 64 * 1024;
constexpr std::size_t max_pages = 256;
constexpr std::size_t max_tasks = 1'000;

// What a caller asked for, as opposed to what the gateway asks for itself.
bool is_call(protocol::Method method) {
  using enum protocol::Method;
  return method == tools_call || method == prompts_get || method == resources_read ||
         method == completion_complete;
}

}  // namespace

PendingRequest* PendingRequests::only_call() noexcept {
  PendingRequest* only = nullptr;
  for (const auto& [id, request] : requests_) {
    if (!is_call(request->outgoing->method)) continue;
    if (only) return nullptr;
    only = request;
  }
  return only;
}

// Calls that ask the same user are as good as one.
PendingRequest* PendingRequests::asked_call() noexcept {
  PendingRequest* last = nullptr;
  for (const auto& [id, request] : requests_) {
    if (!is_call(request->outgoing->method) || request->answer.filled()) continue;
    const pipeline::QuestionSink* const sink = request->outgoing->questions;
    if (last) {
      const pipeline::QuestionSink* const other = last->outgoing->questions;
      if (!sink || !other || !sink->audience() || sink->audience() != other->audience()) return nullptr;
    }
    if (!last || request->id > last->id) last = request;
  }
  return last;
}

bool PendingRequests::asked(std::string_view bytes, const protocol::Message& message,
                            std::weak_ptr<pipeline::ResponseSink> to, PendingRequest* own) {
  const auto question = protocol::question_of(message, bytes);
  if (!question) return false;
  PendingRequest* const call = own ? own : asked_call();
  if (!call && !called_ && early_.size() < max_early && bytes.size() <= max_early_bytes) {
    early_.emplace_back(bytes);
    return true;
  }
  if (!call || !call->outgoing->questions) return false;
  call->outgoing->questions->asked(*question, std::move(to));
  return true;
}

std::vector<std::string> PendingRequests::began(PendingRequest& call,
                                                const std::weak_ptr<pipeline::ResponseSink>& to) {
  std::vector<std::string> refused;
  if (!is_call(call.outgoing->method)) return refused;
  called_ = true;
  for (const std::string& bytes : std::exchange(early_, {})) {
    const auto message = protocol::parse_message(bytes, {.max_keys = UINT32_MAX});
    if (message && !asked(bytes, *message, to, &call)) refused.emplace_back(message->id(bytes));
  }
  return refused;
}

void PendingRequests::withdrawn(std::string_view bytes, const protocol::Message& message) {
  const std::string_view id = message.raw(protocol::Field::request_id, bytes);
  std::erase_if(early_, [&](const std::string& early) {
    const auto kept = protocol::parse_message(early, {.max_keys = UINT32_MAX});
    return kept && kept->id(early) == id;
  });
  for (const auto& [number, request] : requests_)
    if (request->outgoing->questions) request->outgoing->questions->withdrawn(id);
}

void PendingRequests::opened(std::string id, std::weak_ptr<pipeline::OpenedPage> page) {
  std::erase_if(pages_, [](const Page& each) { return each.opened.expired(); });
  if (pages_.size() == max_pages) pages_.pop_front();
  pages_.emplace_back(std::move(id), std::move(page));
}

// Said once of each: a server that says it again is not heard.
void PendingRequests::completed(std::string_view bytes, const protocol::Message& message) {
  const std::string id = protocol::elicitation_id(message.raw(protocol::Field::params, bytes));
  if (id.empty()) return;
  std::vector<std::shared_ptr<pipeline::OpenedPage>> done;
  std::erase_if(pages_, [&](const Page& each) {
    if (each.id != id) return false;
    if (auto page = each.opened.lock()) done.push_back(std::move(page));
    return true;
  });
  for (const auto& page : done) page->completed();
}

// ---- Progress and log messages, of calls and of the tasks that they became.

void PendingRequests::progress(std::string_view bytes, const protocol::Message& message) {
  const std::string_view token = message.raw(protocol::Field::notified_token, bytes);
  PendingRequest* const request = find(token);
  if (!request) {
    const auto number = json::as_int64(token);
    const auto made = std::ranges::find(tasks_, number.value_or(0), &MadeTask::token);
    if (const auto sink = made == tasks_.end() ? nullptr : made->sink.lock()) sink->heard(bytes, message);
    return;
  }
  if (!std::exchange(request->progressed, true) && request->outgoing->timer)
    request->outgoing->timer->progressed();
  const Outgoing& outgoing = *request->outgoing;
  if (!outgoing.events || outgoing.progress_token.empty()) return;
  outgoing.events->notify(protocol::rewrite_progress(bytes, message, outgoing.progress_token));
}

void PendingRequests::log(std::string_view bytes, const protocol::Message& message, PendingRequest* own) {
  const std::string task = protocol::related_task(message, bytes);
  if (!task.empty() && log_of_task(task, bytes, message)) return;
  if (!task.empty() && !own) return keep_early(bytes);
  const PendingRequest* request = own ? own : only_call();
  if (!request || !request->outgoing->events || !request->outgoing->log_level) return;
  const auto level = protocol::message_level(message, bytes);
  if (!level || *level < *request->outgoing->log_level) return;
  request->outgoing->events->notify(protocol::rewrite_log(bytes, message));
}

bool PendingRequests::log_of_task(std::string_view id, std::string_view bytes,
                                  const protocol::Message& message) {
  const auto made = std::ranges::find(tasks_, id, &MadeTask::id);
  if (made == tasks_.end()) return false;
  if (const auto sink = made->sink.lock()) sink->heard(bytes, message);
  return true;
}

void PendingRequests::keep_early(std::string_view log) {
  if (awaits_task() && early_logs_.size() < max_early && log.size() <= max_early_bytes)
    early_logs_.emplace_back(log);
}

bool PendingRequests::awaits_task(const PendingRequest* but) const noexcept {
  return std::ranges::any_of(requests_, [&](const auto& each) {
    return each.second != but && !each.second->outgoing->task.empty() && !each.second->answer.filled();
  });
}

void PendingRequests::keep_task(const PendingRequest& request, std::string_view bytes,
                                const protocol::Message& message) {
  const auto created = protocol::read_created_task(message, bytes);
  if (created) {
    std::erase_if(tasks_, [](const MadeTask& each) { return each.sink.expired(); });
    if (tasks_.size() == max_tasks)
      std::erase_if(tasks_, [](const MadeTask& each) { return each.sink.lock()->ended(); });
    if (tasks_.size() == max_tasks) tasks_.pop_front();
    tasks_.emplace_back(request.id, created->id, request.outgoing->task_sink);
  }
  // What its server told of it first; what is left of that may be about another one that is on its way.
  const bool others = awaits_task(&request);
  for (const std::string& early : std::exchange(early_logs_, {})) {
    const auto log = protocol::parse_message(early, {.max_keys = UINT32_MAX});
    if (!log) continue;
    const std::string task = protocol::related_task(*log, early);
    const bool its_own = created && task == created->id && log_of_task(task, early, *log);
    if (!its_own && others) early_logs_.push_back(early);
  }
}

std::string encode_request(const Outgoing& outgoing, protocol::Revision revision, std::int64_t id) {
  const std::string number = std::to_string(id);
  protocol::Meta meta;
  meta.traceparent = outgoing.traceparent;
  meta.tracestate = outgoing.tracestate;
  meta.hops = outgoing.hops;
  if (!outgoing.progress_token.empty()) meta.progress_token = number;
  if (outgoing.log_asked) meta.log_level = protocol::name(*outgoing.log_asked);
  meta.client_capabilities = outgoing.capabilities;
  const bool modern = protocol::era(revision) == protocol::Era::modern;
  const std::string_view answers = modern ? outgoing.answers : std::string_view();
  switch (outgoing.method) {
    case protocol::Method::tools_call:
      return protocol::tools_call_request(
          number, revision, outgoing.name, outgoing.arguments, meta,
          modern || outgoing.task.empty() ? std::string(answers) : R"("task":)" + std::string(outgoing.task));
    case protocol::Method::server_discover:
      return protocol::discover_request(number, meta);
    case protocol::Method::ping:
      return protocol::ping_request(number);
    default:
      break;
  }
  for (const protocol::ListRow& row : protocol::list_rows) {
    if (outgoing.method == row.method)
      return protocol::list_request(number, revision, row.list, outgoing.cursor, meta);
  }
  std::string params(outgoing.params);
  if (!answers.empty()) params.append(params.empty() ? "" : ",").append(answers);
  return protocol::request(number, revision, outgoing.method, params, meta);
}

}  // namespace sallyport::client
