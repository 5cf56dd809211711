// TOOL: calls of tools, and the servers that run them.
#pragma once

#include "errors/row_spec.hpp"

namespace sallyport {

// A tool that this caller may not see is answered with these too (POLICY_001).
inline constexpr std::string_view tool_not_found_text =
    "[There is no tool '{tool}'|There is no such tool] in your list of tools[; did you mean "
    "'{suggestion}'?|.]";
inline constexpr std::string_view tool_not_found_action = "List the tools and call one of those.";
inline constexpr std::array<std::string_view, 4> tool_not_found_suggestions = {
    "List the tools again: they may have changed.",
    "Use the name exactly as the list gives it, prefix included."};

inline constexpr RowSpec tool_rows[] = {
    {.code = Code::tool_execution_failed,
     .wire_name = "TOOL_001",
     .full_name = "TOOL_EXECUTION_FAILED",
     .kind = Kind::tool_runtime_fatal,
     .text = "[Tool '{tool}'|The tool] failed[ on server '{server}'][ after {attempts} attempts].",
     .meaning = "The tool itself failed, or its server answered the call with an error.",
     .who_acts = who::developer,
     .gateway_does = "It passes the tool's own answer on as it is; an error of the server it repeats only if "
                     "that is transient and the call may be repeated.",
     .suggested_actions = {"Read the tool's answer, if there is one, and change the arguments.",
                           "Look at the server's log: `sallyport servers logs NAME`."}},
    {.code = Code::tool_not_found,
     .wire_name = "TOOL_002",
     .full_name = "TOOL_NOT_FOUND",
     .kind = Kind::gateway_runtime_not_found,
     .surface = Surface::rpc,
     .strategy = Strategy::fail_closed,
     .rpc_legacy = -32602,
     .rpc_modern = -32602,
     .text = tool_not_found_text,
     .action = tool_not_found_action,
     .meaning = "No tool of that name exists in the caller's view, be it unknown, disabled, denied or gone.",
     .who_acts = who::caller,
     .gateway_does = "It answers at once, in the same way for a tool that does not exist and one that this "
                     "caller may not see.",
     .suggested_actions = tool_not_found_suggestions},
    {.code = Code::tool_invalid_args,
     .wire_name = "TOOL_003",
     .full_name = "TOOL_INVALID_ARGS",
     .kind = Kind::tool_runtime_bad_input_value,
     .strategy = Strategy::fail_closed,
     .rpc_legacy = -32602,
     .rpc_modern = -32602,
     .text = "The arguments[ of tool '{tool}'] are not valid[ at '{pointer}'][: {constraint}].",
     .action = "Correct the arguments, then call again.",
     .meaning = "The arguments do not fit the tool's input schema.",
     .who_acts = who::caller,
     .gateway_does = "It checks the arguments before they are sent, and says which place breaks which rule "
                     "of the schema, never the value.",
     .suggested_actions = {"Compare the arguments with the tool's input schema.",
                           "Correct the member that the text points to."}},
    {.code = Code::tool_timeout,
     .wire_name = "TOOL_004",
     .full_name = "TOOL_TIMEOUT",
     .kind = Kind::network_transport_runtime_timeout,
     .can_retry = true,
     .severity = Severity::medium,
     .strategy = Strategy::fail_closed,
     .text = "[Tool '{tool}'|The tool][ on server '{server}'] did not finish[ within {seconds} s][ after "
             "{attempts} attempts].",
     .meaning = "The call was handed to the server, and no result came within the time for it.",
     .who_acts = who::developer,
     .gateway_does = "It cancels the call, at the server too; it repeats it only if the tool may be "
                     "repeated, and drops a late answer.",
     .suggested_actions =
         {"Find out whether the work was done before you repeat the call.", "Ask for less in one call.",
          "Raise `timeouts.tool`, or `tools.timeout` for this tool, if it is known to be slow.",
          "Let the tool report progress: that extends its time up to `timeouts.tool_max`."}},
    {.code = Code::tool_permission_denied,
     .wire_name = "TOOL_005",
     .full_name = "TOOL_PERMISSION_DENIED",
     .kind = Kind::upstream_runtime_auth_error,
     .strategy = Strategy::fail_closed,
     .text = "[Server '{server}'|The server] refused the gateway's credentials for this call.",
     .action = "Tell the operator of the gateway; the same call will be refused again.",
     .meaning = "The upstream server answered that the credentials it was given do not allow this.",
     .who_acts = who::operator_,
     .gateway_does =
         "It refuses and does not repeat the call. The server's own challenge never becomes the gateway's.",
     .suggested_actions = {"Renew the credentials of this server in the config.",
                           "Check what the server lets them do."}},
    {.code = Code::tool_server_unavailable,
     .wire_name = "TOOL_006",
     .full_name = "TOOL_SERVER_UNAVAILABLE",
     .kind = Kind::network_transport_runtime_unreachable,
     .can_retry = true,
     .text = "[Server '{server}'|The server of this tool] is not available[ after {attempts} attempts].",
     .meaning = "The server behind the tool is down, restarting, overloaded, or its circuit breaker is open.",
     .who_acts = who::operator_,
     .gateway_does =
         "It restarts or reconnects the server with growing pauses, keeps its last good tools listed, sends "
         "the call elsewhere if a fallback is configured, and tells when the next attempt is due.",
     .suggested_actions = {"See `sallyport servers list` for since when and why it is down.",
                           "Look at the tail of its output: `sallyport servers logs NAME`.",
                           "Use another tool until it is back."}},
};

}  // namespace sallyport
