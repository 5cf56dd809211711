#include "admin/page.hpp"

#include <algorithm>
#include <string>

namespace sallyport::admin {
namespace {

// Everything comes from this port, nothing runs that is not a file of it, and nobody frames it.
constexpr std::string_view page_headers =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'\r\n"
    "X-Frame-Options: DENY\r\n"
    "Permissions-Policy: camera=(), geolocation=(), microphone=()\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n";

bool takes_gzip(const net::RequestHead& head) {
  const auto accepted = head.fields.find("accept-encoding");
  if (!accepted) return false;
  const std::size_t at = accepted->find("gzip");
  return at != std::string_view::npos && !accepted->substr(at + 4).starts_with(";q=0");
}

}  // namespace

const Asset* find_asset(std::string_view path) noexcept {
  const auto found = std::ranges::find(assets(), path, &Asset::path);
  return found == assets().end() ? nullptr : &*found;
}

net::HttpReply asset_reply(const Asset& asset, const net::RequestHead& head) {
  net::HttpReply reply{.content_type = asset.content_type, .headers = std::string(page_headers)};
  reply.headers +=
      "Cache-Control: no-cache\r\nVary: Accept-Encoding\r\nETag: " + std::string(asset.etag) + "\r\n";
  const auto known = head.fields.find("if-none-match");
  if (known && known->find(asset.etag) != std::string_view::npos) {
    reply.status = 304;
    return reply;
  }
  if (takes_gzip(head)) {
    reply.headers += "Content-Encoding: gzip\r\n";
    reply.body = asset.gzip;
  } else {
    reply.body = asset.content;
  }
  return reply;
}

}  // namespace sallyport::admin
