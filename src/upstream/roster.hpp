// The servers of one configuration in its order, and the views of them: what the layers of its stack look at.
#pragma once

#include "task/group.hpp"
#include "upstream/member.hpp"
#include "upstream/view.hpp"

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::upstream {

// Its members never change: a reload makes the next one, and calls that are under way keep theirs.
class Roster {
 public:
  // `group`: where starts run that outlive who asked for them. `calmed` is set when nobody waits in settle().
  Roster(task::Group& group, const Settings& settings, std::vector<std::shared_ptr<Member>> members,
         task::Event& calmed);

  const Settings& settings() const noexcept { return settings_; }
  std::span<const std::shared_ptr<Member>> members() const noexcept { return members_; }
  std::shared_ptr<Member> find(std::string_view key) const;

  // `endpoint`: the key of one server, or empty for all.
  bool has_endpoint(std::string_view endpoint) const { return endpoint.empty() || find(endpoint) != nullptr; }
  std::shared_ptr<const View> view(std::string_view endpoint);

  // Starts what is idle in this view and waits, at most until `until`, for all of it to be up or known to be
  // down; or only until `found` says that the view has what is looked for.
  using Found = std::function<bool(const View&)>;
  Task<void> settle(std::string_view endpoint, SteadyTime until, Found found = {});
  std::size_t settling() const noexcept { return settling_; }

  // A server of these members is in another state, or lists something else.
  void forget_views(std::string_view key);

 private:
  std::span<const std::shared_ptr<Member>> members(std::string_view endpoint) const;

  task::Group* group_;
  Settings settings_;
  std::vector<std::shared_ptr<Member>> members_;
  std::map<std::string, std::shared_ptr<const View>, std::less<>> views_;
  std::size_t settling_ = 0;
  task::Event changed_;
  task::Event* calmed_;
};

}  // namespace sallyport::upstream
