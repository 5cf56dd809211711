// For tests of a fleet in which nobody watches it.
#pragma once

#include "upstream/fleet.hpp"

namespace sallyport::testing {

struct SilentObserver final : upstream::FleetObserver {
  void state_changed(const upstream::Server&) override {}
  void garbage(const upstream::Server&, std::string_view) override {}
  void late_answer(const upstream::Server&) override {}
  void instances_changed(const upstream::Server&) override {}
  void instance_restarted(const upstream::Server&) override {}
};

}  // namespace sallyport::testing
