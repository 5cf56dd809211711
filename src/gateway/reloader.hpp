// Reads the configuration again, on a signal or when one of its files changed, and puts it in force if it is
// right.
#pragma once

#include "admin/config_json.hpp"
#include "config/load.hpp"
#include "gateway/gateway.hpp"
#include "net/file_watch.hpp"
#include "net/service_manager.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::gateway {

// A file that is wrong changes nothing and the log says why. One reload at a time; what comes meanwhile is
// one more after it.
class Reloader {
 public:
  // All of it, or an error and nothing.
  using PutInForce = std::function<Result<upstream::FleetChange>(const config::Config& fresh)>;
  // `last` is told how each reload ended. `request`: what the gateway was started with.
  Reloader(task::Loop& loop, const Gateway& gateway, telemetry::Registry& metrics,
           net::ServiceManager& manager, admin::LastReload& last, config::Request request,
           PutInForce put_in_force);

  // `files`: what the configuration was read from.
  void watch(const std::vector<std::string>& files);
  void reload(std::string_view why);
  Task<void> stop();

 private:
  Task<void> run();
  void take(config::Loaded loaded);
  void exchange(const config::Config& fresh);
  void succeeded(bool changed);
  void failed(config::Diagnostics mistakes);
  void say_in_force();

  task::Loop* loop_;
  const Gateway* gateway_;
  telemetry::Registry* metrics_;
  net::ServiceManager* manager_;
  admin::LastReload* last_;
  config::Request request_;
  PutInForce put_in_force_;
  config::Config started_;  // what waits for a restart is held against this
  bool running_ = false;
  bool again_ = false;
  bool stopping_ = false;
  net::FileWatch files_;
  task::Group group_;
};

}  // namespace sallyport::gateway
