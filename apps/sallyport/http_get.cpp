#include "http_get.hpp"

namespace sallyport::cli {
namespace {

constexpr std::uint64_t max_answer = std::uint64_t{16} << 20;

Task<HttpAnswer> ask(task::Loop& loop, const net::Endpoint& endpoint, std::string_view method,
                     std::string path, std::string headers) {
  std::shared_ptr<net::TlsTrust> trust;
  if (endpoint.tls) trust = CO_TRY(net::TlsTrust::load(""));
  net::HttpPool pool(loop, endpoint, trust);
  net::HttpCall call(pool);
  CO_TRY(co_await call.send(method, path, headers, {}, method == "GET"));
  CO_TRY(co_await call.receive_head());
  const int status = call.head().status;
  co_return HttpAnswer{status, CO_TRY(co_await call.receive_body(max_answer))};
}

}  // namespace

Task<HttpAnswer> http_get(task::Loop& loop, const net::Endpoint& endpoint, const std::string& path) {
  return ask(loop, endpoint, "GET", path, "");
}

Task<HttpAnswer> http_post(task::Loop& loop, const net::Endpoint& endpoint, const std::string& path,
                           const std::string& headers) {
  return ask(loop, endpoint, "POST", path, headers);
}

}  // namespace sallyport::cli
