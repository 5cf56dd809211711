#include "http_get.hpp"

namespace sallyport::cli {
namespace {

constexpr std::uint64_t max_answer = std::uint64_t{16} << 20;

}  // namespace

Task<HttpAnswer> http_get(task::Loop& loop, const net::Endpoint& endpoint, const std::string& path) {
  std::shared_ptr<net::TlsTrust> trust;
  if (endpoint.tls) trust = CO_TRY(net::TlsTrust::load(""));
  net::HttpPool pool(loop, endpoint, trust);
  net::HttpCall call(pool);
  CO_TRY(co_await call.send("GET", path, "", {}, true));
  CO_TRY(co_await call.receive_head());
  const int status = call.head().status;
  co_return HttpAnswer{status, CO_TRY(co_await call.receive_body(max_answer))};
}

}  // namespace sallyport::cli
