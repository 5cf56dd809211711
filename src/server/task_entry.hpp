// One task as it is kept, for the two files that Tasks is written in: keeping them, and answering about them.
#pragma once

#include "base/strings.hpp"
#include "server/tasks.hpp"

#include <map>
#include <vector>

namespace sallyport::server {

inline bool asks_modern(const pipeline::Call& call) {
  return protocol::era(call.revision) == protocol::Era::modern;
}

// Whose a task is. In the legacy era a session's: without one, nobody's but the connection's.
std::string task_owner(const pipeline::Call& call);

inline constexpr std::size_t max_status_message = 500;  // of progress

struct Tasks::Entry final : TaskOutlet {
  Entry(Tasks& tasks, task::Loop& loop) : keeper(&tasks), changed(loop), timer(loop.timers()) {}
  ~Entry() {
    if (run) run->running->leave_task();
  }

  bool ended() const { return protocol::is_terminal(status); }
  bool is_core() const { return protocol::era(revision) == protocol::Era::legacy; }

  void tell(std::string_view notification) override {
    if (!is_core() || ended()) return;
    if (!listeners.empty()) return listeners.back()->notify(notification);
    for (session::Client* client : clients) client->tell(notification);
  }
  void progressed(std::string_view words) override {
    if (!ended() && !words.empty())
      keeper->set_status(*this, status, std::string(clip(words, max_status_message)));
  }

  // Members of the task as its revision has them; `whole`: and what the extension shows of its state.
  std::string members(bool whole) const;

  Tasks* keeper;
  std::string id;
  std::uint64_t serial = 0;
  std::string owner;
  std::string payer;
  protocol::Revision revision = protocol::latest_legacy;
  protocol::TaskStatus status = protocol::TaskStatus::working;
  std::string message;
  std::string created;
  std::string updated;
  std::chrono::milliseconds ttl{0};
  std::chrono::milliseconds poll{0};
  std::shared_ptr<Run> run;                        // until it has ended
  std::optional<std::string> result;               // a result, or
  std::optional<pipeline::Failed> failure;         // a JSON-RPC error
  std::vector<session::Client*> clients;           // that hear of it
  std::vector<pipeline::EventSink*> listeners;     // of tasks/result calls that wait
  std::map<std::string, bool, std::less<>> asked;  // questions that a client has been sent
  task::Event changed;
  task::Timer timer;
};

}  // namespace sallyport::server
