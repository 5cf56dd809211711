#include "serve.hpp"

#include "gateway/daemon.hpp"
#include "net/descriptor_limit.hpp"
#include "telemetry/log.hpp"
#include "user_paths.hpp"

#include <fmt/format.h>

namespace sallyport::cli {
namespace {

log::Options log_options(const config::Log& wanted) {
  log::Options options;
  options.level = static_cast<log::Level>(wanted.level);
  options.format = static_cast<log::Format>(wanted.format);
  return options;
}

static_assert(static_cast<int>(log::Level::error) == static_cast<int>(config::LogLevel::error));
static_assert(static_cast<int>(log::Format::json) == static_cast<int>(config::LogFormat::json));

}  // namespace

int run_serve(const ServeOptions& options) {
  log::configure(log_options(options.config.telemetry.log));
  for (const config::Diagnostic& note : options.notes) {
    log::warn("config",
              {{"file", note.file}, {"line", note.at.line}, {"what", note.what}, {"instead", note.instead}});
  }
  net::raise_descriptor_limit();
  gateway::Daemon daemon(options.config, {.http = options.open_listener,
                                          .admin = options.open_admin,
                                          .health = options.open_health,
                                          .stdio = options.stdio,
                                          .check_upstreams = options.check_upstreams,
                                          .request = options.request,
                                          .files = options.files,
                                          .admin_token_file = admin_token_file(),
                                          .seal_key_file = seal_key_file()});
  const Result<void> ended = daemon.run();
  if (ended) return 0;
  fmt::print(stderr, "sallyport: {}\n", ended.error().developer_message());
  return 1;
}

}  // namespace sallyport::cli
