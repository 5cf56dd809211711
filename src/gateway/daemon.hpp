// The running program: the gateway, its listeners, its signals, and an end in good order.
#pragma once

#include "gateway/gateway.hpp"
#include "gateway/listeners.hpp"
#include "gateway/observability.hpp"
#include "gateway/reloader.hpp"
#include "net/service_manager.hpp"
#include "net/signals.hpp"
#include "session/registry.hpp"
#include "transport/stdio_server.hpp"

#include <memory>
#include <optional>

namespace sallyport::gateway {

struct DaemonOptions {
  bool http = true;
  bool admin = true;
  bool health = true;  // where the configuration has it
  bool stdio = false;  // serves this program's stdin and stdout, and ends with them
  bool check_upstreams =
      false;                  // nothing is served until every server answered; one that does not is the end
  config::Request request{};  // what the configuration came of, to read it again
  std::vector<std::string> files{};  // and the files that it was read from
  std::string admin_token_file{};    // where a token is made if `admin.token` is not written
  std::string seal_key_file{};       // and a key if `state.seal_keys` is not
};

class Daemon {
 public:
  Daemon(const config::Config& config, DaemonOptions options);
  ~Daemon();

  // Opens the listeners and serves until SIGTERM, SIGINT or the end of stdin; then calls under way finish
  // within `timeouts.shutdown`, new ones are refused, and nothing that was started is left. A second signal
  // ends at once. SIGHUP reads the configuration again.
  Result<void> run();

 private:
  void serve();
  Task<void> check_and_serve();
  Result<void> open();
  void open_stdio();
  void log_start() const;
  void take_seal_keys();
  void on_signal(int number);
  Result<upstream::FleetChange> put_in_force(const config::Config& fresh);
  void begin_drain();
  Task<void> drain();

  config::Config config_;
  DaemonOptions options_;
  task::Loop loop_;
  telemetry::Registry metrics_;
  Observability observability_;
  Gateway gateway_;
  session::Registry sessions_;
  admin::LastReload last_reload_;
  Listeners listeners_;
  net::ServiceManager service_manager_;
  Reloader reloader_;
  std::unique_ptr<transport::StdioServer> stdio_;
  std::optional<net::Signals> signals_;
  std::optional<SealKey> kept_seal_key_;  // that of the file, once it was read
  bool draining_ = false;
  Result<void> outcome_;  // of the start
  task::Group group_;
};

}  // namespace sallyport::gateway
