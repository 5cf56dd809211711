// Calls that go on as tasks: kept by id until they expire, whether they still run or have ended.
#pragma once

#include "protocol/tasks.hpp"
#include "server/runs.hpp"
#include "server/task_limits.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace sallyport::server {

// Both kinds of tasks: those of the core of 2025-11-25, which a client asks for, and those of the extension
// of 2026-07-28, which it is given. An id is 128 random bits. A task is its session's in the legacy era and
// ends with it; in the modern one it is its principal's. To others there is none of that id (PROTO_021).
class Tasks {
 public:
  // `limits` are looked at when a task is made.
  Tasks(task::Loop& loop, const TaskLimits& limits, Runs& runs);
  ~Tasks();

  // Runs what `start` makes as a task, of as long a life as was wished; the text of the result that says so.
  // LIMIT_013 when there are too many.
  Result<std::string> begin(pipeline::Call& call, const protocol::TaskWish& wish, const Runs::Start& start);
  // The same for what runs already.
  Result<std::string> adopt(const pipeline::Call& call, std::shared_ptr<Run> run);

  // tasks/get, tasks/list, tasks/update, tasks/cancel. For a client that hears more than answers, a look at a
  // task in the modern era makes it hear of the task from then on.
  Result<pipeline::Reply> answer(const pipeline::Call& call);
  // tasks/result: waits until the task has ended. What it asks meanwhile is asked on the stream of this call.
  Task<pipeline::Reply> result(pipeline::Call& call);

  std::size_t size() const noexcept { return by_age_.size(); }
  void stop();  // cancels all
  Task<void> join() { return followers_.join(); }

 private:
  struct Entry;
  using EntryPointer = std::shared_ptr<Entry>;

  Result<EntryPointer> make(const pipeline::Call& call, const protocol::TaskWish& wish,
                            std::shared_ptr<Run> run);
  Result<EntryPointer> find(const pipeline::Call& call) const;
  Task<void> follow(EntryPointer entry);
  void end(Entry& entry, protocol::TaskStatus status, std::string message);
  void take_outcome(Entry& entry);
  void set_status(Entry& entry, protocol::TaskStatus status, std::string message);
  void watch(Entry& entry, session::Client& client);
  void expire(const std::string& id);
  void forget(const EntryPointer& entry);
  Task<void> ask(pipeline::Call& call, EntryPointer entry, Question question);

  Result<pipeline::Reply> list(const pipeline::Call& call);
  Result<pipeline::Reply> cancel(const pipeline::Call& call);
  Result<pipeline::Reply> update(const pipeline::Call& call);

  task::Loop* loop_;
  const TaskLimits* limits_;
  Runs* runs_;
  std::shared_ptr<Tasks*> self_;  // for clients that may outlive us
  std::uint64_t serial_ = 0;
  std::map<std::uint64_t, EntryPointer> by_age_;
  std::unordered_map<std::string, EntryPointer> by_id_;
  std::uint64_t kept_bytes_ = 0;  // of results
  task::Group followers_;
};

}  // namespace sallyport::server
