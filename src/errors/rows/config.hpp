// CONFIG: what the operator wrote cannot work.
#pragma once

#include "errors/row_spec.hpp"

namespace sallyport {

inline constexpr RowSpec config_rows[] = {
    {.code = Code::config_invalid,
     .wire_name = "CONFIG_001",
     .full_name = "CONFIG_INVALID",
     .kind = Kind::gateway_config_invalid,
     .text = "[Server '{server}'|The gateway] is not configured correctly.",
     .action = "Tell the operator of the gateway; calling again will not help.",
     .meaning = "A value in the config is wrong: a command that does not exist, a URL that is none, a key "
                "that is unknown.",
     .who_acts = who::operator_,
     .gateway_does = "It does not start with it; on a reload it keeps the last valid config; a server that "
                     "cannot be started by it stays down alone.",
     .suggested_actions = {"Run `sallyport check`, which names file, line and remedy.",
                           "For a command: check that it is installed and in the PATH of the gateway."}},
    {.code = Code::config_missing_required,
     .wire_name = "CONFIG_002",
     .full_name = "CONFIG_MISSING_REQUIRED",
     .kind = Kind::gateway_config_invalid,
     .text = "The configuration of [server '{server}'|the gateway] lacks something that it needs.",
     .action = "Tell the operator of the gateway; calling again will not help.",
     .meaning = "A required key, variable or file is missing.",
     .who_acts = who::operator_,
     .gateway_does = "It does not start without it, and says which key, variable or file is missing.",
     .suggested_actions = {"Run `sallyport check`.", "Set the variable, or write `${NAME:-default}`."}},
    {.code = Code::config_provider_error,
     .wire_name = "CONFIG_003",
     .full_name = "CONFIG_PROVIDER_ERROR",
     .kind = Kind::gateway_config_invalid,
     .can_retry = true,
     .text = "A source of the gateway's configuration could not be read.",
     .action = "Tell the operator of the gateway.",
     .meaning = "A file or service that the config refers to could not be read.",
     .who_acts = who::operator_,
     .gateway_does = "It keeps the last valid config, or does not start when there is none.",
     .suggested_actions = {"Check that the file exists and that the gateway's user may read it.",
                           "Run `sallyport check` as that user."}},
    {.code = Code::config_validation_failed,
     .wire_name = "CONFIG_004",
     .full_name = "CONFIG_VALIDATION_FAILED",
     .kind = Kind::gateway_config_invalid,
     .text = "The gateway's configuration contradicts itself.",
     .action = "Tell the operator of the gateway; calling again will not help.",
     .meaning = "Every value is well-formed, and together they cannot be meant: a fallback to an unknown "
                "server, an open listener without authentication.",
     .who_acts = who::operator_,
     .gateway_does = "It does not start with it; on a reload it keeps the last valid config.",
     .suggested_actions = {"Run `sallyport check`, which lists every contradiction with its place."}},
};

}  // namespace sallyport
