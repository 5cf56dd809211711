#include "errors/kind_text.hpp"

#include <array>

namespace sallyport {
namespace {

// In the order of Kind.
constexpr std::array<std::string_view, kind_count> meanings = {
    "A package of tools could not be loaded.",
    "A tool is described in a way that cannot be used.",
    "The schema of a tool's arguments cannot be used.",
    "The schema of a tool's result cannot be used.",
    "The arguments of the call do not fit the tool.",
    "What the tool returned is not what it promised.",
    "The tool asks to be called again, perhaps in another way.",
    "The tool lacks something that only the user can give.",
    "The tool failed, and will fail again if nothing changes.",
    "A server answered that the request is wrong.",
    "A server did not accept the credentials that it was shown.",
    "A server does not have what was asked for.",
    "A server understood the request and does not accept its values.",
    "A server said that it was asked too often.",
    "A server answered that it failed.",
    "A server answered with a status that is no failure that we know.",
    "No complete answer came in time.",
    "No complete answer came: the way to the server is broken.",
    "No complete answer came, for a reason that is none of the others.",
    "Nothing is known but that it failed.",
    "The gateway does not know who asks, or does not believe it.",
    "The gateway's operator does not allow it.",
    "The gateway found something in the call or the answer that may not pass.",
    "The gateway was asked too often.",
    "The gateway has no room for it now.",
    "The gateway was asked in a way that the protocol does not allow.",
    "The gateway does not have what was asked for.",
    "Whoever asked gave up.",
    "The gateway itself failed.",
    "The gateway is configured in a way that cannot work.",
};

static_assert(!meanings.back().empty(), "a kind lacks its meaning");

}  // namespace

std::string_view meaning(Kind kind) noexcept {
  return meanings[static_cast<std::size_t>(kind)];
}

std::string_view predicate(Kind kind) noexcept {
  if (is_toolkit_error(kind)) return "is_toolkit_error";
  if (is_tool_error(kind)) return "is_tool_error";
  if (is_upstream_error(kind)) return "is_upstream_error";
  if (is_network_transport_error(kind)) return "is_network_transport_error";
  if (is_gateway_error(kind)) return "is_gateway_error";
  return {};
}

}  // namespace sallyport
