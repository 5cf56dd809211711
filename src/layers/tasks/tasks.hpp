// Calls that go on as tasks of their server, and the requests about them: under ids of ours, each its
// caller's alone.
#pragma once

#include "pipeline/call.hpp"
#include "upstream/following.hpp"
#include "upstream/roster.hpp"
#include "upstream/tasks.hpp"

namespace sallyport::layers {

class Tasks final : public pipeline::Layer {
 public:
  Tasks(std::unique_ptr<pipeline::Service> next, task::Loop& loop, upstream::Roster& roster,
        upstream::TaskTable& table, upstream::Following& following)
      : Layer(std::move(next)), loop_(&loop), roster_(&roster), table_(&table), following_(&following) {}

  Task<pipeline::Reply> call(pipeline::Call& call) override;

 private:
  using Known = upstream::TaskTable::Pointer;

  Task<pipeline::Reply> begin(pipeline::Call& call);
  // What this call is if it becomes a task; then the call says to its server that it may. Null: it may not.
  Result<Known> prepare(pipeline::Call& call);
  Result<pipeline::Reply> keep(const pipeline::Call& call, const Known& task, pipeline::Reply reply);

  Task<pipeline::Reply> about(pipeline::Call& call);
  Task<pipeline::Reply> ask(pipeline::Call& call, Known task);
  Result<pipeline::Reply> carried(const pipeline::Call& call, const Known& task,
                                  std::unique_ptr<pipeline::Answer> answer);
  pipeline::Reply lost(const pipeline::Call& call, const Known& task);
  Task<pipeline::Reply> list(pipeline::Call& call);
  Task<void> refresh(const pipeline::Call& call, Known task);
  protocol::ClientCapabilities askable(const pipeline::Call& call, std::string_view server) const;

  task::Loop* loop_;
  upstream::Roster* roster_;
  upstream::TaskTable* table_;
  upstream::Following* following_;
};

}  // namespace sallyport::layers
