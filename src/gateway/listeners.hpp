// How clients reach the gateway: its listeners and the servers on them, how they open and how they end.
#pragma once

#include "admin/admin.hpp"
#include "admin/health.hpp"
#include "gateway/gateway.hpp"
#include "net/listener.hpp"
#include "session/registry.hpp"
#include "transport/listener_tls.hpp"
#include "transport/streamable_http.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace sallyport::gateway {

json::Limits request_limits(const config::Limits& limits);

class Listeners {
 public:
  Listeners(task::Loop& loop, Gateway& gateway, session::Registry& sessions, telemetry::Registry& metrics,
            const admin::LastReload& last_reload);
  ~Listeners();

  Result<void> open_agents(const config::Config& config);
  // `token_file`: where the admin token is kept if the configuration has none.
  Result<void> open_admin(const config::Config& config, const std::string& token_file);
  Result<void> open_health(const config::Config& config);  // nothing without `health.http`
  void log_start(const config::Config& config) const;

  std::size_t streams() const noexcept { return http_ ? http_->streams() : 0; }

  // What a reload changes of them: certificates, proxies, limits, event streams. The first step may fail, the
  // second does what the first made ready.
  using Prepared = std::optional<transport::ListenerTls::Pair>;
  Result<Prepared> prepare(const config::Config& config) const;
  void adopt(const config::Config& config, Prepared prepared);
  void reload_certificates();  // those of `listen.tls`; what cannot be used changes nothing and is logged

  // A drain in its order. At its beginning the streams without an end are closed in their proper way, and
  // every answer from then on is the last of its connection. When the calls have ended, the agents' listeners
  // and connections follow: replies on their way have until `until`, who has not asked yet gets a moment to
  // be refused in words. The ports of operators and probes stay to the last.
  void begin_drain();
  Task<void> close_agents(SteadyTime until);
  Task<void> close_operators();

 private:
  struct Door {
    config::Address address;
    std::unique_ptr<net::Listener> listener;
    bool tls = false;
  };
  Result<void> open_doors(const config::Listen& listen);
  net::Listener::Exhausted say_exhausted();

  task::Loop* loop_;
  Gateway* gateway_;
  session::Registry* sessions_;
  telemetry::Registry* metrics_;
  const admin::LastReload* last_reload_;
  log::Limiter exhausted_;
  std::unique_ptr<transport::ListenerTls> tls_;
  std::unique_ptr<transport::StreamableHttp> http_;
  std::unique_ptr<net::HttpServer> http_server_;
  std::vector<Door> doors_;
  std::unique_ptr<admin::Admin> admin_;
  std::unique_ptr<net::HttpServer> admin_server_;
  std::unique_ptr<net::Listener> admin_listener_;
  std::unique_ptr<admin::Health> health_;
  std::unique_ptr<net::HttpServer> health_server_;
  std::unique_ptr<net::Listener> health_listener_;
};

}  // namespace sallyport::gateway
