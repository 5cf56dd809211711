// The certificate of the listeners: read, watched, exchanged while they serve.
#pragma once

#include "net/http_server.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

#include <array>
#include <memory>
#include <optional>
#include <string_view>

#include <sys/stat.h>

namespace sallyport::transport {

// A connection keeps the certificate that it began with; the next one gets the newest. A new pair that cannot
// be used changes nothing and is logged.
class ListenerTls final : public net::TlsTerms {
 public:
  // CONFIG_001 with file, fault and remedy in its developer text.
  static Result<std::unique_ptr<ListenerTls>> open(task::Loop& loop, telemetry::Registry& metrics,
                                                   net::TlsFiles files);

  std::shared_ptr<const net::TlsIdentity> identity() override { return identity_; }
  void refused(const net::Peer& peer, net::TlsRefusal why) override;

  void reload();  // on SIGHUP; a change of the files is noticed by itself

  // Other files from now on, in two steps of which the first may fail, as open() does: nothing if they are
  // those that are served.
  struct Pair;
  Result<std::optional<Pair>> prepare(net::TlsFiles files) const;
  void serve(Pair pair);
  void stop() { poll_.cancel(); }

 private:
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t changed = 0;  // nanoseconds
    bool operator==(const Stamp&) const = default;
  };
  using Stamps = std::array<Stamp, 3>;

  ListenerTls(task::Loop& loop, telemetry::Registry& metrics, Pair pair);
  static Stamps stamps_of(const net::TlsFiles& files);
  static Result<Pair> load(net::TlsFiles files, const net::TlsIdentity* previous);
  void watch();
  void say_warnings() const;

  task::Loop* loop_;
  telemetry::Registry* metrics_;
  net::TlsFiles files_;
  Stamps stamps_;
  std::shared_ptr<const net::TlsIdentity> identity_;
  task::Timer poll_;
  std::array<log::Limiter, 5> limiters_;  // one a reason: a scanner of one kind hides no other
};

// Files as they were read.
struct ListenerTls::Pair {
  net::TlsFiles files;
  Stamps stamps;
  std::shared_ptr<const net::TlsIdentity> identity;
};

}  // namespace sallyport::transport
