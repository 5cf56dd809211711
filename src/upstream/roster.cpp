#include "upstream/roster.hpp"

#include "telemetry/log.hpp"

#include <algorithm>

namespace sallyport::upstream {

Roster::Roster(task::Group& group, const Settings& settings, std::vector<std::shared_ptr<Member>> members,
               task::Event& calmed)
    : group_(&group),
      settings_(settings),
      members_(std::move(members)),
      changed_(group.loop()),
      calmed_(&calmed) {}

std::shared_ptr<Member> Roster::find(std::string_view key) const {
  const auto found = std::ranges::find_if(members_, [&](const auto& member) { return member->key() == key; });
  return found == members_.end() ? nullptr : *found;
}

std::span<const std::shared_ptr<Member>> Roster::members(std::string_view endpoint) const {
  if (endpoint.empty()) return members_;
  const auto found =
      std::ranges::find_if(members_, [&](const auto& member) { return member->key() == endpoint; });
  if (found == members_.end()) return {};
  return {&*found, 1};
}

std::shared_ptr<const View> Roster::view(std::string_view endpoint) {
  const auto found = views_.find(endpoint);
  if (found != views_.end()) return found->second;
  auto view = std::make_shared<const View>(members(endpoint), !endpoint.empty());
  for (const std::string& what : view->hidden()) {
    log::warn("hidden: an earlier server has its name", {{"entry", what}});
  }
  if (has_endpoint(endpoint)) views_.emplace(endpoint, view);
  return view;
}

Task<void> Roster::settle(std::string_view endpoint, SteadyTime until, Found found) {
  for (const std::shared_ptr<Member>& member : members(endpoint)) {
    if (member->server()->state() != State::idle) continue;
    group_->spawn([](std::shared_ptr<Server> one) -> Task<void> {
      (void)co_await one->ready();
      co_return ok();
    }(member->server()));
  }
  const auto wait = [](Roster& roster, std::string_view where, const Found& enough) -> Task<void> {
    for (auto view = roster.view(where); !view->complete() && !(enough && enough(*view));
         view = roster.view(where)) {
      CO_TRY(co_await roster.changed_.wait());
    }
    co_return ok();
  };
  ++settling_;
  const Result<void> settled = co_await task::with_deadline(
      group_->loop().timers(), until, wait(*this, endpoint, found),
      [](const Error&) { return Error(Code::discovery_timeout).with_executed(Executed::no); });
  if (--settling_ == 0) calmed_->set();
  if (!settled && settled.error().code() == Code::proto_cancelled) co_return settled;
  co_return ok();  // who is late is named as degraded, and list_changed follows
}

void Roster::forget_views(std::string_view key) {
  views_.erase(std::string());
  if (const auto own = views_.find(key); own != views_.end()) views_.erase(own);
  changed_.set();
}

}  // namespace sallyport::upstream
