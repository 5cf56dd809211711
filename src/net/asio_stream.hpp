// Streams over Asio sockets and descriptors.
#pragma once

#include "base/unique_fd.hpp"
#include "net/stream.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace sallyport::net {

using Socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                                boost::asio::io_context::executor_type>;
using Descriptor = boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;

std::unique_ptr<Stream> make_stream(Socket socket);
std::unique_ptr<Stream> make_stream(Descriptor descriptor);

}  // namespace sallyport::net
