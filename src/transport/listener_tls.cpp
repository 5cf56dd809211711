#include "transport/listener_tls.hpp"

#include "base/dates.hpp"
#include "telemetry/metrics_names.hpp"

#include <fmt/format.h>

namespace sallyport::transport {
namespace {
namespace metrics = telemetry::metrics;
constexpr std::chrono::seconds poll_period{5};
}  // namespace

ListenerTls::Stamps ListenerTls::stamps_of(const net::TlsFiles& files) {
  Stamps stamps;
  const std::array paths = {&files.cert, &files.key, &files.client_ca};
  for (std::size_t i = 0; i < paths.size(); ++i) {
    struct stat facts{};
    if (paths[i]->empty() || ::stat(paths[i]->c_str(), &facts) != 0) continue;
    stamps[i] = {facts.st_dev, facts.st_ino, facts.st_size,
                 facts.st_mtim.tv_sec * 1'000'000'000 + facts.st_mtim.tv_nsec};
  }
  return stamps;
}

ListenerTls::ListenerTls(task::Loop& loop, telemetry::Registry& registry, Pair pair)
    : loop_(&loop),
      metrics_(&registry),
      files_(std::move(pair.files)),
      stamps_(pair.stamps),
      identity_(std::move(pair.identity)),
      poll_(loop.timers()) {
  registry.sampled(metrics::tls_certificate_expiry, [this] {
    return static_cast<double>(std::chrono::system_clock::to_time_t(identity_->valid_until()));
  });
}

Result<ListenerTls::Pair> ListenerTls::load(net::TlsFiles files, const net::TlsIdentity* previous) {
  const Stamps stamps = stamps_of(files);  // before they are read: what changes meanwhile is read again
  auto loaded = net::TlsIdentity::load(files, previous);
  if (loaded) return Pair{std::move(files), stamps, std::move(*loaded)};
  const net::TlsProblem& problem = loaded.error();
  return fail(Error(Code::config_invalid)
                  .with_executed(Executed::no)
                  .with_developer_message(
                      fmt::format("TLS: {}: {}; {}", problem.what, problem.why, problem.instead)));
}

Result<std::unique_ptr<ListenerTls>> ListenerTls::open(task::Loop& loop, telemetry::Registry& metrics,
                                                       net::TlsFiles files) {
  std::unique_ptr<ListenerTls> made(new ListenerTls(loop, metrics, TRY(load(std::move(files), nullptr))));
  made->say_warnings();
  made->watch();
  return made;
}

Result<std::optional<ListenerTls::Pair>> ListenerTls::prepare(net::TlsFiles files) const {
  if (files == files_) return std::nullopt;
  return TRY(load(std::move(files), identity_.get()));
}

void ListenerTls::serve(Pair pair) {
  files_ = std::move(pair.files);
  stamps_ = pair.stamps;
  identity_ = std::move(pair.identity);
  log::info("serving a certificate that was read again",
            {{"cert", files_.cert}, {"valid_until", format_rfc3339(identity_->valid_until())}});
  say_warnings();
}

void ListenerTls::watch() {
  poll_.start(loop_->now() + poll_period, [this] {
    if (stamps_of(files_) != stamps_) reload();
    watch();
  });
}

void ListenerTls::reload() {
  stamps_ = stamps_of(files_);
  auto loaded = net::TlsIdentity::load(files_, identity_.get());
  if (!loaded) {
    const net::TlsProblem& problem = loaded.error();
    log::error("the new certificate cannot be used: the old one goes on serving",
               {{"what", problem.what}, {"why", problem.why}, {"instead", problem.instead}});
    return;
  }
  serve({files_, stamps_, std::move(*loaded)});
}

void ListenerTls::say_warnings() const {
  if (identity_->key_readable_by_others())
    log::warn("everybody on this machine can read the private key",
              {{"key", files_.key}, {"instead", "chmod 0600"}});
  const SystemTime now = loop_->clock().system_now();
  if (now < identity_->valid_from() || now > identity_->valid_until())
    log::warn("the certificate is not valid now: clients will refuse it",
              {{"cert", files_.cert},
               {"valid_from", format_rfc3339(identity_->valid_from())},
               {"valid_until", format_rfc3339(identity_->valid_until())}});
}

void ListenerTls::refused(const net::Peer& peer, net::TlsRefusal why) {
  metrics_->counter(metrics::tls_refused, {net::name(why)}).increment();
  // A connection that just ends is a probe, or a client that has changed its mind.
  if (why == net::TlsRefusal::connection) return;
  const auto held = limiters_[static_cast<std::size_t>(why)].pass(loop_->now());
  if (!held) return;
  const std::string_view what = why == net::TlsRefusal::plain_http
                                    ? "a client speaks plain HTTP on a port that speaks TLS"
                                    : "a client did not get through the TLS handshake";
  log::write(log::Level::info, what,
             {{"address", peer.address}, {"reason", net::name(why)}, {"suppressed", *held}});
}

}  // namespace sallyport::transport
