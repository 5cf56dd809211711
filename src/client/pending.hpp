// Requests that wait for their answers on one connection: our ids, who asked, and what has become known.
#pragma once

#include "client/channel.hpp"
#include "task/wait.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::client {

// One of them; lives in the coroutine that waits.
struct PendingRequest {
  PendingRequest(task::Loop& loop, std::int64_t number, const Outgoing& what)
      : id(number), outgoing(&what), answer(loop) {}

  std::int64_t id;
  const Outgoing* outgoing;
  task::Slot<std::unique_ptr<pipeline::Answer>> answer;
  std::uint64_t end_offset = 0;  // of its last byte in what is written
  bool progressed = false;
  bool cancellable = true;           // `initialize` must not be cancelled (spec, Cancellation)
  std::string session;               // HTTP: the session that it was sent in, or that its answer began
  const FaultRule* fault = nullptr;  // what is done to it on purpose
};

// Pure bookkeeping, no I/O. Ids are integers of ours, in order, and double as progress tokens: what a caller
// chose never reaches an upstream, so 1 and "1" of two callers cannot meet.
class PendingRequests {
 public:
  std::int64_t next_id() noexcept { return ++last_id_; }
  void add(PendingRequest& request) {
    const bool newest = requests_.empty() || requests_.back().first < request.id;
    requests_.insert(newest ? requests_.end() : place(request.id), {request.id, &request});
  }
  void remove(PendingRequest& request) noexcept {
    const auto at = place(request.id);
    if (at != requests_.end() && at->second == &request) requests_.erase(at);
  }
  PendingRequest* find(std::string_view raw_id) noexcept;  // null for what we did not ask, or no longer
  PendingRequest* only_call() noexcept;

  // A request of the server, for the call that it belongs to: the one on whose stream it came, the only one
  // in flight, or one of several that would ask the same user. What comes before the first call, which the
  // connection was made for, waits for it. False: it is nobody's, and to be refused.
  bool asked(std::string_view bytes, const protocol::Message& message,
             std::weak_ptr<pipeline::ResponseSink> to, PendingRequest* own = nullptr);
  // A call has been sent: it takes what waited. Gives the raw ids of requests that are to be refused.
  std::vector<std::string> began(PendingRequest& call, const std::weak_ptr<pipeline::ResponseSink>& to);
  // The server wants no answer any more.
  void withdrawn(std::string_view bytes, const protocol::Message& message);
  // Pages that the server had opened: who hears when it says that it is done with one. The newest are known.
  void opened(std::string id, std::weak_ptr<pipeline::OpenedPage> page);
  void completed(std::string_view bytes, const protocol::Message& message);
  bool empty() const noexcept { return requests_.empty(); }
  std::size_t size() const noexcept { return requests_.size(); }

  // Its answer is there. If that is a task, who called hears of it on: our id stays the token of its
  // progress. The newest are known.
  void answered(const PendingRequest& request, std::string_view bytes, const protocol::Message& message) {
    if (!request.outgoing->task.empty()) [[unlikely]]
      keep_task(request, bytes, message);
  }

  // Passes a notifications/progress on to whoever asked for it, under the caller's own token.
  void progress(std::string_view bytes, const protocol::Message& message);

  // Passes a notifications/message on: to whoever has the task that it names; to `own`, if it came on the
  // stream of that request, else to the only call in flight, or to nobody: callers who share a connection do
  // not read each other's logs. One about a task that nobody knows waits while one may be on its way.
  void log(std::string_view bytes, const protocol::Message& message, PendingRequest* own = nullptr);

  template <class Function>
  void for_each(Function function) {
    for (auto& [id, request] : requests_) function(*request);
  }

 private:
  using Requests = std::vector<std::pair<std::int64_t, PendingRequest*>>;

  struct MadeTask {
    std::int64_t token;
    std::string id;  // the server's own
    std::weak_ptr<pipeline::TaskSink> sink;
  };

  PendingRequest* asked_call() noexcept;
  void keep_task(const PendingRequest& request, std::string_view bytes, const protocol::Message& message);
  bool awaits_task(const PendingRequest* but = nullptr) const noexcept;
  // False: it is nobody's.
  bool log_of_task(std::string_view id, std::string_view bytes, const protocol::Message& message);
  void keep_early(std::string_view log);
  Requests::iterator place(std::int64_t id) noexcept {  // of the first that does not stand before it
    return std::ranges::lower_bound(requests_, id, {}, [](const auto& each) { return each.first; });
  }

  std::int64_t last_id_ = 0;
  bool called_ = false;             // a call was sent
  std::vector<std::string> early_;  // requests of the server from before
  struct Page {
    std::string id;
    std::weak_ptr<pipeline::OpenedPage> opened;
  };
  std::deque<Page> pages_;
  std::deque<MadeTask> tasks_;
  std::vector<std::string> early_logs_;  // about tasks whose answer is not there yet
  // By id. The newest stands last and is mostly added there; of what waits on one connection there is not
  // much.
  Requests requests_;
};

// The bytes of an outgoing request or its params for this revision and id.
std::string encode_request(const Outgoing& outgoing, protocol::Revision revision, std::int64_t id);

}  // namespace sallyport::client
