// A function that is being run, as its Context sees it: the request that it is run for, and what it asked.
#pragma once

#include "base/secret.hpp"
#include "pipeline/call.hpp"
#include "server/context.hpp"
#include "task/loop.hpp"
#include "task/wait.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::server {

// What a client declared that it can be asked for: with each request in the modern era, with `initialize`
// before it. Empty: nothing.
std::string_view declared(const pipeline::Call& call);
bool can(std::string_view declared_capabilities, Capability capability);
// {"sampling":{}}, …: what `requiredCapabilities` says of it.
Json required(Capability capability);
Error lacking(const Json& required_capabilities);

// Where a run speaks to once it is a task: it has no request any more.
class TaskOutlet {
 public:
  virtual void tell(std::string_view notification) = 0;   // progress and log messages
  virtual void progressed(std::string_view message) = 0;  // empty: no words

 protected:
  ~TaskOutlet() = default;
};

class Registry;

class Running : public std::enable_shared_from_this<Running> {
 public:
  using Secrets = std::map<std::string, Secret, std::less<>>;

  Running(task::Loop& loop, task::Scope& scope, pipeline::Call& call);
  // A tool that `outer` calls: it speaks to the client by way of it, but for progress, which is its own.
  static std::shared_ptr<Running> within(std::shared_ptr<Running> outer, task::Scope& scope);

  task::Loop& loop() const noexcept { return *loop_; }
  // Whose functions are run. It outlives what is run for it, but for a function that was left behind on a
  // worker.
  void serve(const Registry& registry) noexcept { registry_ = &registry; }
  const Registry& registry() const noexcept { return *registry_; }
  task::Scope& scope() const noexcept { return *scope_; }
  int depth() const noexcept { return outer_ ? outer_->depth() + 1 : 0; }
  std::string_view capabilities() const noexcept { return outer_ ? outer_->capabilities() : capabilities_; }

  // That of whoever called counts too. Set before the function runs.
  void set_deadline(SteadyTime when) { deadline_ = std::min(when, deadline_.value_or(when)); }
  std::optional<SteadyTime> deadline() const noexcept { return deadline_; }

  void give_secrets(Secrets secrets) { secrets_ = std::move(secrets); }
  // Null if the tool that is run did not declare it.
  const Secret* secret(std::string_view name) const;
  void release_connection();

  void log(LogLevel level, const Json& data, std::string_view logger);
  void progress(double done, std::optional<double> total, std::string_view message);
  bool can(Capability capability) const { return server::can(capabilities(), capability); }
  Task<std::vector<Json>> ask(std::vector<Question> questions);

  // ---- For a run that outlives its request (suspended.hpp).

  void attach(pipeline::Call& call);
  void detach();
  // From now on questions wait for take_answers(); `changed` is set when there are new ones.
  void defer_questions(task::Event& changed);
  bool asks() const noexcept { return !open_.empty(); }
  Json open_questions() const;  // {key: {method, params}}
  // Gives the answers that fit a question; what is left over is kept for questions to come if `early`.
  // PROTO_004 for an answer that is none; then nothing is taken.
  Result<void> take_answers(const Json& responses, bool early);

  // ---- For a run that goes on as a task (tasks.hpp).

  // The function says that it wants to be one, where `may_be_task` was called; else it stays what it is.
  void allow_task() noexcept { task_allowed_ = true; }
  void want_task();
  bool wants_task() const noexcept { return task_wanted_; }
  // From now on there is no request: what it tells goes to `outlet`, in the revisions that know of that.
  void become_task(TaskOutlet& outlet, std::string_view id);
  void leave_task() noexcept { outlet_ = nullptr; }
  // The question of this key gets no answer.
  void refuse_answer(std::string_view key, Error why);
  std::vector<Question> questions() const;

  // ---- For a function on a worker: what it says is passed to the loop, what it reads stands still.

  void begin_remote();
  void leave_worker() noexcept { returned_ = true; }  // the last word of the worker
  // On the loop. If the function is still on its worker it was left behind: what it says is for nobody.
  void end_remote() noexcept;
  bool cancelled() const noexcept { return remote_ ? left_.load() : scope_->cancelled(); }

  // Of the request that it is run for now, or last was.
  std::string_view caller() const noexcept;
  std::string_view source() const noexcept;
  const pipeline::Grant* grant() const noexcept;  // null: nobody asked for a token
  std::string correlation() const;
  Json meta() const;

  // Where what it does stands in a trace. Empty unless spans are wanted; it stands still but for
  // begin_span(), which comes before the function does.
  const telemetry::Trace& trace() const noexcept { return trace_; }
  void begin_span();

 private:
  struct Kept {
    std::string caller;
    std::string source;
    std::shared_ptr<const pipeline::Grant> grant;
    std::string correlation;
    Json meta;
    std::string progress_token;  // raw
    std::optional<LogLevel> log_level;
  };
  struct Open {
    Question question;
    std::shared_ptr<task::Slot<Json>> answer;
  };
  Running(const Running& outer, task::Scope& scope);
  bool lives() const noexcept { return !remote_ && call_ != nullptr; }
  bool nested() const noexcept { return !remote_ && outer_ != nullptr; }
  void keep_facts();
  std::shared_ptr<const pipeline::Grant> shared_grant() const;
  void tell_log(LogLevel level, const Json& data, std::string_view logger);
  void tell_progress(double done, std::optional<double> total, std::string_view message);
  void notify(protocol::Method method, Json params);
  Task<Json> ask_deferred(Question question);
  Task<Json> ask_at_once(Question question);

  task::Loop* loop_;
  const Registry* registry_ = nullptr;
  task::Scope* scope_;
  std::shared_ptr<Running> outer_;  // of a tool that a tool called
  // Null between two requests of a client of the modern era that was asked something.
  pipeline::Call* call_ = nullptr;
  std::string capabilities_;
  Kept kept_;
  telemetry::Trace trace_;
  std::optional<double> told_;  // of progress
  Secrets secrets_;
  std::optional<SteadyTime> deadline_;
  bool remote_ = false;  // changed while no worker has it
  std::atomic<bool> returned_ = false;
  std::atomic<bool> left_ = false;
  task::Event* deferred_ = nullptr;
  std::map<std::string, Open> open_;   // by key
  std::map<std::string, Json> early_;  // answers that came before their question
  TaskOutlet* outlet_ = nullptr;       // of a task, while somebody keeps it
  std::string task_id_;
  std::map<std::string, int> keys_;  // of a task: how often each was used
  bool task_allowed_ = false;
  bool task_wanted_ = false;
};

}  // namespace sallyport::server
