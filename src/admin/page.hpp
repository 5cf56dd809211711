// The dashboard's files, built from dashboard/ and kept in the program.
#pragma once

#include "net/http_server.hpp"

#include <span>
#include <string_view>

namespace sallyport::admin {

struct Asset {
  std::string_view path;  // "/" for the page itself
  std::string_view content_type;
  std::string_view etag;  // with its quotes, made of the content
  std::string_view content;
  std::string_view gzip;
};

// Written by dashboard/build.mjs.
std::span<const Asset> assets() noexcept;

const Asset* find_asset(std::string_view path) noexcept;

// 304 if the browser has it; compressed if it takes that.
net::HttpReply asset_reply(const Asset& asset, const net::RequestHead& head);

}  // namespace sallyport::admin
