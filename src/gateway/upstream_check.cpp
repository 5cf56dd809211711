#include "gateway/upstream_check.hpp"

namespace sallyport::gateway {

Task<std::vector<UpstreamVerdict>> check_upstreams(upstream::Fleet& fleet, SteadyTime until) {
  CO_TRY(co_await fleet.settle("", until));
  std::vector<UpstreamVerdict> verdicts;
  for (const auto& server : fleet.servers()) {
    UpstreamVerdict verdict{.status = server->status(),
                            .error = server->last_error(),
                            .stderr_lines = server->stderr_lines(),
                            .left_out = {}};
    if (const auto catalogue = server->catalogue()) verdict.left_out = catalogue->dropped;
    verdicts.push_back(std::move(verdict));
  }
  co_return verdicts;
}

}  // namespace sallyport::gateway
