// Finds what a request means in the caller's own view (a tool, a prompt, a resource), and whose it is; or
// says that there is none and what there is instead.
#pragma once

#include "pipeline/call.hpp"
#include "upstream/roster.hpp"

namespace sallyport::layers {

class Resolve final : public pipeline::Layer {
 public:
  Resolve(std::unique_ptr<pipeline::Service> next, task::Timers& timers, upstream::Roster& roster)
      : Layer(std::move(next)), timers_(&timers), roster_(&roster) {}

  Task<pipeline::Reply> call(pipeline::Call& call) override;

 private:
  // Puts what it finds into the call; false: the view has it not.
  using Take = upstream::Roster::Found;
  using FindResource =
      std::optional<upstream::ResourceIndex::Found> (upstream::ResourceIndex::*)(std::string_view) const;
  struct Guess {
    std::shared_ptr<upstream::Member> member;
    std::string_view own_name;
  };

  Task<void> look(pipeline::Call& call, Take take);
  Task<pipeline::Reply> search(pipeline::Call& call, std::string name);
  Task<pipeline::Reply> found(pipeline::Call& call);  // the tool that is called
  Task<pipeline::Reply> other(pipeline::Call& call);
  Task<pipeline::Reply> stand_in(pipeline::Call& call);
  Task<void> find_tool(pipeline::Call& call, std::string_view name);
  Task<void> prompt(pipeline::Call& call, std::string_view name);
  Task<bool> resource(pipeline::Call& call, std::string_view uri, FindResource find);
  Task<bool> reference(pipeline::Call& call);  // false: its server completes nothing
  bool take_tool(pipeline::Call& call, std::string_view name, const upstream::View& view);
  enum class Unlisted : std::uint8_t { unheard, hidden };
  bool take_unlisted(pipeline::Call& call, std::string_view name, Unlisted why = Unlisted::unheard);
  // Whose `matches` finds something in what was listed before its operator switched it off; it says so.
  template <class Matches>
  std::shared_ptr<upstream::Member> switched_off(const pipeline::Call& call, Matches matches) const;
  bool take_switched_off(pipeline::Call& call, std::string_view name) const;
  Guess owner_of(const pipeline::Call& call, std::string_view name, Unlisted why = Unlisted::unheard) const;

  task::Timers* timers_;
  upstream::Roster* roster_;
};

}  // namespace sallyport::layers
