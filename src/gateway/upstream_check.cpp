#include "gateway/upstream_check.hpp"

namespace sallyport::gateway {

Task<std::vector<UpstreamVerdict>> check_upstreams(upstream::Fleet& fleet, SteadyTime until) {
  const std::shared_ptr<upstream::Roster> roster = fleet.current();
  CO_TRY(co_await roster->settle("", until));
  std::vector<UpstreamVerdict> verdicts;
  for (const auto& member : roster->members()) {
    const auto& server = member->server();
    const auto catalogue = member->catalogue();
    UpstreamVerdict verdict{.status = member->status(),
                            .error = server->last_error(),
                            .stderr_lines = server->stderr_lines(),
                            .left_out = {}};
    if (catalogue) verdict.left_out = catalogue->dropped;
    verdicts.push_back(std::move(verdict));
  }
  co_return verdicts;
}

}  // namespace sallyport::gateway
