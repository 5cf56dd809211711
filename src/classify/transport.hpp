// Error codes of Asio and of the HTTP parser, by category and number, as one of our errors.
#pragma once

#include "classify/classify.hpp"

#include <span>
#include <string_view>

namespace sallyport::classify {

// A boost::system::error_code without its type: the category's own name, the value, and the library's text.
struct ForeignCode {
  std::string_view
      category;  // "system", "asio.netdb", "asio.addrinfo" (getaddrinfo's results too), "asio.misc",
                 // "asio.ssl", "asio.ssl.stream", "boost.beast", "beast.http"; any other is unmapped
  int value = 0;
};

struct NamedCode {
  std::string_view name;  // as the library spells the enumerator: "connection_refused"
  ForeignCode code;
};

// Every enumerator of boost::asio::error, of its SSL stream errors and of boost::beast::http::error, and
// Beast's timeout.
std::span<const NamedCode> transport_codes() noexcept;

Verdict transport_verdict(ForeignCode code, const Context& context) noexcept;

// The value is not 0. `detail` of the context is the library's text.
Error from_error_code(ForeignCode code, const Context& context);

}  // namespace sallyport::classify
