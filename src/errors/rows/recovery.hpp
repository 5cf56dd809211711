// RECOVERY: marks on an answer that came in a degraded way; not failures.
#pragma once

#include "errors/row_spec.hpp"

namespace sallyport {

inline constexpr RowSpec recovery_rows[] = {
    {.code = Code::recovery_stale_list,
     .wire_name = "RECOVERY_001",
     .full_name = "RECOVERY_STALE_LIST",
     .kind = Kind::unknown,
     .surface = Surface::none,
     .text = "[The list of server '{server}'|A part of this list] is not fresh[: it is {seconds} s old].",
     .action = "Nothing needs to be done.",
     .meaning = "A server could not be asked, and its last good list was served.",
     .who_acts = who::nobody,
     .gateway_does = "It asks the server again and announces the change when there is one.",
     .suggested_actions = {"List again later if the age matters."}},
    {.code = Code::recovery_fallback_used,
     .wire_name = "RECOVERY_002",
     .full_name = "RECOVERY_FALLBACK_USED",
     .kind = Kind::unknown,
     .surface = Surface::none,
     .text = "[Server '{server}'|Another server] answered in place of the one that was asked.",
     .action = "Nothing needs to be done.",
     .meaning = "The first choice failed, and the configured fallback answered.",
     .who_acts = who::nobody,
     .gateway_does = "It sent the call through every check again as a call of the fallback.",
     .suggested_actions = {"See `sallyport servers list` for what is wrong with the first choice."}},
    {.code = Code::recovery_failed_open,
     .wire_name = "RECOVERY_003",
     .full_name = "RECOVERY_FAILED_OPEN",
     .kind = Kind::unknown,
     .surface = Surface::none,
     .text = "A remote guardrail could not be asked, and an operator's rule let this pass.",
     .action = "Nothing needs to be done.",
     .meaning = "The local engine passed the payload, the remote check failed, and a rule of the operator "
                "allows that.",
     .who_acts = who::operator_,
     .gateway_does = "It marks, counts and audits each one, and refuses beyond a bound.",
     .suggested_actions = {"Repair the remote guardrail.", "Review the rule in `recovery` that allows it."}},
    {.code = Code::recovery_session_reset,
     .wire_name = "RECOVERY_004",
     .full_name = "RECOVERY_SESSION_RESET",
     .kind = Kind::unknown,
     .surface = Surface::none,
     .text = "[Server '{server}'|The server] lost its session, and this answer comes from a new one.",
     .action = "Check what earlier calls left in the server, if that matters.",
     .meaning = "The server forgot our session; the gateway made a new one and restored subscriptions and "
                "log level.",
     .who_acts = who::caller,
     .gateway_does = "It restores what it knows of; state inside the server is gone.",
     .suggested_actions =
         {"Set up again what earlier calls made in the server.",
          "Operators: `stateful: true` turns this into an error for a server that keeps state."}},
};

}  // namespace sallyport
