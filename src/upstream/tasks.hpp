// The tasks that servers work on for callers: whose each is, which server's, and what was seen of it last.
#pragma once

#include "base/ids.hpp"
#include "pipeline/task_sink.hpp"
#include "protocol/tasks.hpp"
#include "session/client.hpp"
#include "upstream/server.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sallyport::upstream {

struct KnownTask final : pipeline::TaskSink {
  // Goes where its result is awaited, some servers keep it until then; else to its session, until it has
  // ended.
  void heard(std::string_view bytes, const protocol::Message& message) override;
  bool ended() const override { return protocol::is_terminal(seen.status); }

  std::string id = new_session_id();  // 128 random bits: what its caller knows it by
  std::string owner;
  std::weak_ptr<Server> server;
  std::string server_key;
  std::uint64_t connection = 0;  // of the server, that it was made on
  std::string tool;              // as its caller called it
  protocol::Revision revision = protocol::latest_legacy;
  protocol::SeenTask seen;                      // under its server's own id
  session::Client* client = nullptr;            // a session that hears of it
  std::string progress_token;                   // of the call that made it, raw; empty: it asked for none
  std::vector<pipeline::EventSink*> listeners;  // of calls that wait for its result

  // A process takes its tasks with it. What becomes of those of a server on the network it says itself.
  bool lost() const;
};

// Bounded in number, for each owner and in all, and in time: a task is forgotten when its server may have
// forgotten it. A legacy session's tasks end with it.
class TaskTable {
 public:
  using Pointer = std::shared_ptr<KnownTask>;
  static constexpr std::chrono::milliseconds max_ttl = std::chrono::hours(24);

  explicit TaskTable(task::Loop& loop);
  ~TaskTable();

  // Of one owner; of all ten times as many. Those that there are stay.
  void set_limit(std::size_t per_owner) noexcept { per_owner_ = per_owner; }
  std::size_t limit() const noexcept { return per_owner_; }

  // No room for another one of this owner.
  bool full(std::string_view owner);
  // It was made by this server.
  void add(const Pointer& task, const std::shared_ptr<Server>& server);
  // Null: this owner has none of that id.
  Pointer find(std::string_view id, std::string_view owner);
  // Those of an owner behind the one of this id (empty: from the first), the oldest first; nothing for an id
  // that is none of his.
  std::optional<std::vector<Pointer>> after(std::string_view id, std::string_view owner, std::size_t most);
  // Something new is known of it: its session hears of a change.
  void saw(const Pointer& task, protocol::SeenTask seen);

  std::size_t size() const noexcept { return by_age_.size(); }

 private:
  struct Kept {
    Pointer task;
    SteadyTime until;
  };
  void heard(const Server& server, std::string_view params);
  void sweep();
  void forget(std::uint64_t serial);

  task::Loop* loop_;
  std::shared_ptr<TaskTable*> self_;  // for sessions and servers that may outlive it
  std::size_t per_owner_ = 1'000;
  std::uint64_t serial_ = 0;
  std::map<std::uint64_t, Kept> by_age_;
  std::unordered_map<std::string, std::uint64_t> by_id_;
};

}  // namespace sallyport::upstream
