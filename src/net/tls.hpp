// TLS towards upstreams: the one place that knows OpenSSL's streams.
#pragma once

#include "net/asio_stream.hpp"
#include "net/connect.hpp"

#include <memory>

namespace sallyport::net {

// Performs the handshake as a client: SNI, and a certificate that is valid for `host` by `trust`.
Task<std::unique_ptr<Stream>> tls_handshake(Socket socket, std::string host, std::shared_ptr<TlsTrust> trust);

}  // namespace sallyport::net
