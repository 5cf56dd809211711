#include "net/connect.hpp"

#include "base/strings.hpp"
#include "classify/transport.hpp"
#include "net/asio_stream.hpp"
#include "net/async_op.hpp"
#include "net/tls.hpp"

#include <unordered_set>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <boost/url/url_view.hpp>

namespace sallyport::net {
namespace asio = boost::asio;
using Tcp = asio::ip::tcp;
namespace {

constexpr std::size_t max_remembered_names = 1024;

// Names that resolved before: for them NXDOMAIN is more likely a fault of the resolver than of the config.
bool resolved_before(const std::string& host, bool succeeded) {
  thread_local std::unordered_set<std::string> names;
  if (succeeded && names.size() < max_remembered_names) names.insert(host);
  return names.contains(host);
}

struct Resolved {
  boost::system::error_code error;
  std::vector<Tcp::endpoint> addresses;
};

// Blocking, on a worker: Asio's own resolver handles one name at a time, and one dead name would hold up all
// others.
Result<Resolved> resolve_blocking(const std::string& host, std::uint16_t port) {
  asio::io_context context(1);
  Tcp::resolver resolver(context);
  Resolved resolved;
  for (const auto& entry :
       resolver.resolve(host, std::to_string(port), Tcp::resolver::numeric_service, resolved.error)) {
    resolved.addresses.push_back(entry.endpoint());
  }
  return resolved;
}

Task<std::vector<Tcp::endpoint>> resolve(task::Loop& loop, std::string host, std::uint16_t port) {
  boost::system::error_code error;
  const auto literal = asio::ip::make_address(host, error);
  if (!error) co_return std::vector{Tcp::endpoint(literal, port)};
  // RFC 6761 section 6.3: localhost is this machine, whatever a resolver or a missing hosts file says.
  if (iequals(host, "localhost")) {
    co_return std::vector{Tcp::endpoint(asio::ip::address_v4::loopback(), port),
                          Tcp::endpoint(asio::ip::address_v6::loopback(), port)};
  }
  auto looked_up = co_await task::offload(loop, [host, port] { return resolve_blocking(host, port); });
  if (!looked_up)
    co_return Failure(std::move(looked_up).error().with_phase(Phase::resolve).with_executed(Executed::no));
  Resolved& resolved = *looked_up;
  const bool known = resolved_before(host, !resolved.error);
  if (!resolved.error) co_return std::move(resolved.addresses);
  const std::string text = resolved.error.message();
  classify::Context context;
  context.phase = Phase::resolve;
  context.executed = Executed::no;
  context.resolved_before = known;
  context.detail = text;
  co_return Failure(
      classify::from_error_code({resolved.error.category().name(), resolved.error.value()}, context));
}

using Address = asio::generic::stream_protocol::endpoint;

Result<Address> socket_address(const std::string& path) {
  static_assert(max_socket_path + 1 == sizeof(sockaddr_un::sun_path));
  if (path.size() <= max_socket_path) return Address(asio::local::stream_protocol::endpoint(path));
  return fail(Error(Code::config_invalid)
                  .with_executed(Executed::no)
                  .with_phase(Phase::connect)
                  .with_developer_message("the path of a Unix socket has at most 107 bytes"));
}

// In the order in which they are tried.
Task<std::vector<Address>> addresses_of(task::Loop& loop, const Endpoint& endpoint) {
  if (!endpoint.socket.empty()) co_return std::vector{CO_TRY(socket_address(endpoint.socket))};
  const std::vector<Tcp::endpoint> resolved = CO_TRY(co_await resolve(loop, endpoint.host, endpoint.port));
  co_return std::vector<Address>(resolved.begin(), resolved.end());
}

}  // namespace

std::string Endpoint::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (tls ? 443 : 80)) text += ":" + std::to_string(port);
  return text;
}

Result<Endpoint> parse_endpoint(std::string_view url) {
  const auto invalid = [](std::string_view why) {
    return fail(Error(Code::config_invalid).with_executed(Executed::no).with_developer_message(why));
  };
  const auto parsed = boost::urls::parse_uri({url.data(), url.size()});
  if (parsed.has_error()) return invalid("the url is not a URL");
  const boost::urls::url_view view = *parsed;
  Endpoint endpoint;
  const auto scheme = view.scheme_id();
  if (scheme != boost::urls::scheme::http && scheme != boost::urls::scheme::https)
    return invalid("the url is neither http nor https");
  if (view.has_userinfo() || view.has_fragment())
    return invalid("the url has user information or a fragment");
  endpoint.tls = scheme == boost::urls::scheme::https;
  const auto host = view.host_address();
  endpoint.host.assign(host.data(), host.size());
  if (endpoint.host.empty()) return invalid("the url names no host");
  // Not port_number(): it takes 99999 for a smaller one.
  const auto port = view.port().empty() ? std::optional<std::uint16_t>(endpoint.tls ? 443 : 80)
                                        : parse_int<std::uint16_t>({view.port().data(), view.port().size()});
  if (!port || *port == 0) return invalid("the url's port is not one from 1 to 65535");
  endpoint.port = *port;
  const auto path = view.encoded_path();
  endpoint.target.assign(path.data(), path.size());
  if (endpoint.target.empty()) endpoint.target = "/";
  if (view.has_query())
    endpoint.target.append("?").append(view.encoded_query().data(), view.encoded_query().size());
  return endpoint;
}

std::optional<std::string> resolve_within(const Endpoint& base, std::string_view reference) {
  constexpr std::size_t max_reference = 4096;
  if (reference.size() > max_reference) return std::nullopt;
  const bool is_v6 = base.host.find(':') != std::string::npos;
  const std::string origin = std::string(base.tls ? "https://" : "http://") + (is_v6 ? "[" : "") + base.host +
                             (is_v6 ? "]:" : ":") + std::to_string(base.port);
  const std::string whole = origin + base.target;
  const auto from = boost::urls::parse_uri({whole.data(), whole.size()});
  const auto to = boost::urls::parse_uri_reference({reference.data(), reference.size()});
  boost::urls::url out;
  if (!from || !to || !boost::urls::resolve(*from, *to, out)) return std::nullopt;
  const auto other = parse_endpoint({out.buffer().data(), out.buffer().size()});
  const bool same =
      other && other->tls == base.tls && iequals(other->host, base.host) && other->port == base.port;
  return same ? std::optional(other->target) : std::nullopt;
}

Task<std::unique_ptr<Stream>> connect(task::Loop& loop, const Endpoint& endpoint,
                                      std::shared_ptr<TlsTrust> trust) {
  const auto addresses = CO_TRY(co_await addresses_of(loop, endpoint));
  classify::Context nowhere;  // the name stands for no address
  nowhere.executed = Executed::no;
  nowhere.phase = Phase::connect;
  Result<void> connected = fail(classify::make_error(classify::FailureClass::unreachable, nowhere));
  for (const Address& address : addresses) {
    Socket socket(loop.context().get_executor());
    connected = co_await AsyncOp([&](auto handler) { socket.async_connect(address, std::move(handler)); },
                                 Phase::connect);
    if (!connected) {
      if (connected.error().code() == Code::proto_cancelled) break;
      continue;
    }
    boost::system::error_code ignored;
    if (endpoint.socket.empty()) socket.set_option(Tcp::no_delay(true), ignored);
    if (!endpoint.tls) co_return make_stream(std::move(socket));
    co_return co_await tls_connect(loop, make_stream(std::move(socket)), endpoint.host, std::move(trust));
  }
  co_return Failure(std::move(connected).error().with_executed(Executed::no));
}

}  // namespace sallyport::net
