// NET: the way to a server.
#pragma once

#include "errors/row_spec.hpp"

namespace sallyport {

inline constexpr RowSpec net_rows[] = {
    {.code = Code::network_timeout,
     .wire_name = "NET_001",
     .full_name = "NETWORK_TIMEOUT",
     .kind = Kind::network_transport_runtime_timeout,
     .can_retry = true,
     .severity = Severity::medium,
     .strategy = Strategy::fail_closed,
     .text =
         "[Server '{server}'|The server] did not answer[ within {seconds} s][ after {attempts} attempts].",
     .meaning = "A connection, a handshake or an exchange took longer than its time-out.",
     .who_acts = who::operator_,
     .gateway_does = "It cancels the attempt, and tries again by itself when the request was not handed over "
                     "or may be repeated.",
     .suggested_actions = {"Check if the server is responding.",
                           "Raise `timeouts.connect` or the time-out that the log names.",
                           "Verify network connectivity and service availability."}},
    {.code = Code::network_connection_failed,
     .wire_name = "NET_002",
     .full_name = "NETWORK_CONNECTION_FAILED",
     .kind = Kind::network_transport_runtime_unreachable,
     .can_retry = true,
     .text = "The connection to [server '{server}'|the server] failed[ after {attempts} attempts].",
     .meaning = "A connection was refused, reset or closed before the answer was complete.",
     .who_acts = who::operator_,
     .gateway_does = "It tries again with growing pauses where the call did not run or may be repeated; else "
                     "it says that the call may have run.",
     .suggested_actions = {"Check that the server runs and listens on the configured address.",
                           "Look at its log for a crash at that time."}},
    {.code = Code::network_ssl_error,
     .wire_name = "NET_003",
     .full_name = "NETWORK_SSL_ERROR",
     .kind = Kind::tool_runtime_fatal,
     .strategy = Strategy::fail_closed,
     .text = "The gateway does not trust the TLS connection to [server '{server}'|the server].",
     .action = "Tell the operator of the gateway; calling again will not help.",
     .meaning = "The certificate is expired, unknown, for another name or revoked, or the two sides share no "
                "TLS version.",
     .who_acts = who::operator_,
     .gateway_does = "It sends nothing and does not try again: a server that cannot prove who it is gets no "
                     "data and no credentials.",
     .suggested_actions = {"Check the certificate's dates and names: `sallyport doctor` prints them.",
                           "Give the private authority in `servers.NAME.ca`.",
                           "Check that the URL says https only for a port that speaks TLS."}},
    {.code = Code::network_dns_error,
     .wire_name = "NET_004",
     .full_name = "NETWORK_DNS_ERROR",
     .kind = Kind::network_transport_runtime_unreachable,
     .can_retry = true,
     .text = "The address of [server '{server}'|the server] could not be found.",
     .action = "Tell the operator of the gateway; calling again will not help.",
     .meaning = "The host name does not exist, or no DNS server could say.",
     .who_acts = who::operator_,
     .gateway_does = "It tries again when the DNS server failed, not when the name does not exist, unless it "
                     "existed before.",
     .suggested_actions = {"Check the spelling of the host in `servers.NAME.url`.",
                           "Resolve it by hand on the gateway's machine."}},
    {.code = Code::network_unreachable,
     .wire_name = "NET_005",
     .full_name = "NETWORK_UNREACHABLE",
     .kind = Kind::network_transport_runtime_unreachable,
     .can_retry = true,
     .text = "There is no way through the network to [server '{server}'|the server].",
     .meaning = "No route leads to the host, or the proxy on the way refused.",
     .who_acts = who::operator_,
     .gateway_does = "It tries again with growing pauses within the time of the call.",
     .suggested_actions = {"Check network, VPN, firewall and `servers.NAME.proxy`.",
                           "Run `sallyport doctor`."}},
    {.code = Code::network_protocol_error,
     .wire_name = "NET_006",
     .full_name = "NETWORK_PROTOCOL_ERROR",
     .kind = Kind::network_transport_runtime_unmapped,
     .can_retry = true,
     .text = "[Server '{server}'|The server] sent something that is not a valid answer.",
     .meaning = "The reply is not well-formed HTTP, SSE or JSON-RPC, could not be decoded, or redirects "
                "where it must not.",
     .who_acts = who::developer,
     .gateway_does =
         "It drops the reply and the connection, counts the event, and repeats only what may be repeated.",
     .suggested_actions =
         {"Check that the URL is the server's MCP endpoint and not a web page.",
          "Make sure that a stdio server prints nothing but messages on its standard output."}},
};

}  // namespace sallyport
