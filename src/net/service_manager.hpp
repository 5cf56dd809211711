// Tells the service manager that started us how we are: sd_notify(3), which is one datagram a message.
#pragma once

#include "task/loop.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace sallyport::net {

// Where nobody asked to be told (no NOTIFY_SOCKET), every call does nothing. A manager that does not read is
// not waited for.
class ServiceManager {
 public:
  struct Address {
    std::string socket;                     // a path, or `@` and a name of the abstract namespace
    std::chrono::microseconds watchdog{0};  // how long silence is believed in; 0: for ever
  };
  // What the environment says (NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID), as far as it is meant for us.
  static Address from_environment();

  ServiceManager(task::Loop& loop, Address address);

  // `status` is a line for people, as `systemctl status` shows it.
  void ready(std::string_view status);  // begins the watchdog's beat too: a loop that hangs is not alive
  void reloading();                     // to be followed by ready()
  void stopping(std::string_view status);

 private:
  void send(std::string_view message) const noexcept;
  void beat();

  task::Loop* loop_;
  Address address_;
  task::Timer beat_;
};

}  // namespace sallyport::net
