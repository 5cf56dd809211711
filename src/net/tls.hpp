// TLS towards upstreams: whom we trust, and the handshake as a client.
#pragma once

#include "net/connect.hpp"

#include <memory>

namespace sallyport::net {

// SNI, and a certificate that is valid for `host` by `trust`.
Task<std::unique_ptr<Stream>> tls_connect(task::Loop& loop, std::unique_ptr<Stream> below, std::string host,
                                          std::shared_ptr<TlsTrust> trust);

}  // namespace sallyport::net
