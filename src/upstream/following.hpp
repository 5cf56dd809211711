// Modern clients that listen to tasks: the gateway looks at each as often as its server wants to be asked,
// and tells them what changed.
#pragma once

#include "protocol/client_capabilities.hpp"
#include "task/group.hpp"
#include "upstream/tasks.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sallyport::upstream {

// One look at a time at each task, however many listen to it; a client that goes is forgotten, and so is a
// task that has ended. A server that tells of a task of its own accord is asked when it has, and once a
// minute; one that does not answer less and less often.
class Following {
 public:
  static constexpr std::size_t max_of_client = 1'000;
  static constexpr std::size_t max_total = 5'000;  // clients times tasks
  static constexpr std::chrono::milliseconds shortest{500};
  static constexpr std::chrono::milliseconds usual{2'000};  // where the server does not say how often
  static constexpr std::chrono::milliseconds longest{60'000};

  // Asks the server for the task of its own that has this id; `capabilities`: raw.
  using Ask = std::function<Task<std::unique_ptr<pipeline::Answer>>(
      std::shared_ptr<Server> server, std::string own_id, std::string capabilities)>;

  Following(task::Loop& loop, TaskTable& table);
  Following(task::Loop& loop, TaskTable& table, Ask ask);
  ~Following();
  Following(const Following&) = delete;
  Following& operator=(const Following&) = delete;

  // The client hears of the task, beginning with how it stands; `can`: what it can be asked. LIMIT_011 if
  // there is no room.
  Result<void> follow(const TaskTable::Pointer& task, session::Client& client,
                      const protocol::ClientCapabilities& can);
  // Nobody is told of anything any more.
  Task<void> stop();

  std::size_t size() const noexcept { return total_; }

 private:
  struct Follower;
  struct Followed;
  using Pointer = std::shared_ptr<Followed>;

  static Task<void> look_after(Following& self, Pointer it);
  Task<bool> look(Followed& it);  // false: there is no more to see
  Task<void> rest(Followed& it);  // until it is time for another look
  void tell(Followed& it, const pipeline::Answer& answer, const protocol::SeenTask& seen);
  void tell_failed(Followed& it, const Error& error);
  void leave(const std::string& id, const session::Client* client);
  void end(const Pointer& it);

  task::Loop* loop_;
  TaskTable* table_;
  Ask ask_;
  std::shared_ptr<Following*> self_;  // for clients that may outlive it
  std::map<std::string, Pointer> by_id_;
  std::size_t total_ = 0;
  task::Group group_;
};

}  // namespace sallyport::upstream
