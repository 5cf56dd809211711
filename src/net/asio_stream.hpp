// Streams over Asio's sockets.
#pragma once

#include "net/stream.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

namespace sallyport::net {

using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                                boost::asio::io_context::executor_type>;

// Takes the descriptor from Asio, which accepted or connected it, and reads and writes it without.
std::unique_ptr<Stream> make_stream(Socket socket);

}  // namespace sallyport::net
