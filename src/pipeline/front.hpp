// What a transport needs of the gateway behind it.
#pragma once

#include "net/http_server.hpp"
#include "pipeline/call.hpp"
#include "protocol/lists.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace sallyport::pipeline {

// Hears of changes of its view.
class Listener {
 public:
  virtual void list_changed(protocol::Topic topic) = 0;
  virtual void endpoint_removed() {}  // the server that the view is of has left the configuration

 protected:
  ~Listener() = default;
};

// What becomes of events on their way to a client that reads slowly or comes back.
enum class Delivery : std::uint8_t { dropped, stream_lost, resumed };

// What is known of a request that is refused before it is a call. Views of the time of the telling.
struct Refusal {
  std::string_view source{};    // an address, or "stdio"
  std::string_view endpoint{};  // the key of one server, or empty: all
  protocol::Method method = protocol::Method::unknown;
  protocol::Revision revision = protocol::latest_legacy;
  std::size_t bytes = 0;  // of its body, as far as it was read
  CorrelationId correlation{};
};

class Front {
 public:
  virtual ~Front() = default;

  // The stack. Always ends with a value: failures are rendered.
  virtual Task<Reply> call(Call& call) = 0;

  // A failure that arose in the transport itself, in the form that clients see.
  virtual protocol::CanonicalFailure failure(const Error& error, const CorrelationId& correlation) = 0;

  // A request that the layers will not see was refused, with this error: who looks at what callers do, and
  // the audit record, know of it by this alone.
  virtual void refused(const Error& error, const Refusal& request) = 0;

  // Before a byte of the body is read: draining, the source limit. An error refuses.
  virtual std::optional<Error> admit(const net::Peer& peer) = 0;

  // A request was answered with this HTTP status (stdio: 200).
  virtual void answered(protocol::Era era, protocol::Method method, int status) = 0;

  virtual void delivered(Delivery what) = 0;

  virtual bool draining() const = 0;
  virtual bool has_endpoint(std::string_view server) const = 0;

  // `listener` hears of changes in the view of `endpoint` until the returned subscription is dropped.
  using Subscription = std::shared_ptr<void>;
  virtual Subscription subscribe(std::string_view endpoint, Listener& listener) = 0;
};

}  // namespace sallyport::pipeline
