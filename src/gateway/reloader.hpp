// Reads the configuration again, on a signal or when one of its files changed, and puts it in force if it is
// right.
#pragma once

#include "config/load.hpp"
#include "gateway/gateway.hpp"
#include "net/file_watch.hpp"
#include "net/service_manager.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::gateway {

// A file that is wrong changes nothing and the log says why. One reload at a time; what comes meanwhile is
// one more after it.
class Reloader {
 public:
  // `request`: what the gateway was started with.
  Reloader(task::Loop& loop, Gateway& gateway, telemetry::Registry& metrics, net::ServiceManager& manager,
           config::Request request);

  // `files`: what the configuration was read from.
  void watch(const std::vector<std::string>& files);
  void reload(std::string_view why);
  Task<void> stop();

 private:
  Task<void> run();
  void take(config::Loaded loaded);
  void put_in_force(config::Config fresh);
  void count(std::string_view result);

  task::Loop* loop_;
  Gateway* gateway_;
  telemetry::Registry* metrics_;
  net::ServiceManager* manager_;
  config::Request request_;
  config::Config started_;  // what waits for a restart is held against this
  bool running_ = false;
  bool again_ = false;
  bool stopping_ = false;
  net::FileWatch files_;
  task::Group group_;
};

}  // namespace sallyport::gateway
