// TELEM: reports to the outside; a call never fails for one.
#pragma once

#include "errors/row_spec.hpp"

namespace sallyport {

inline constexpr RowSpec telem_rows[] = {
    {.code = Code::telemetry_provider_error,
     .wire_name = "TELEM_001",
     .full_name = "TELEMETRY_PROVIDER_ERROR",
     .kind = Kind::upstream_runtime_server_error,
     .can_retry = true,
     .surface = Surface::none,
     .text = "The collector of telemetry refused a report.",
     .action = "Nothing needs to be done for this call.",
     .meaning = "The collector answered an export with an error.",
     .who_acts = who::operator_,
     .gateway_does = "It drops the batch, counts it, and goes on; no call waits for it.",
     .suggested_actions = {"Look at the collector's log.", "Check that it accepts OTLP over HTTP."}},
    {.code = Code::telemetry_export_failed,
     .wire_name = "TELEM_002",
     .full_name = "TELEMETRY_EXPORT_FAILED",
     .kind = Kind::network_transport_runtime_unreachable,
     .can_retry = true,
     .surface = Surface::none,
     .text = "A telemetry report could not be sent.",
     .action = "Nothing needs to be done for this call.",
     .meaning = "The collector could not be reached, limits us, or did not answer in time.",
     .who_acts = who::operator_,
     .gateway_does = "It keeps a bounded queue, drops the oldest, counts what is lost, and goes on.",
     .suggested_actions = {"Check the address in `telemetry.otlp`.", "Check that the collector runs."}},
    {.code = Code::telemetry_config_error,
     .wire_name = "TELEM_003",
     .full_name = "TELEMETRY_CONFIG_ERROR",
     .kind = Kind::gateway_config_invalid,
     .surface = Surface::none,
     .text = "Telemetry is not configured correctly.",
     .action = "Nothing needs to be done for this call.",
     .meaning = "The collector refuses our credentials, or the `telemetry` part of the config cannot work.",
     .who_acts = who::operator_,
     .gateway_does =
         "It drops the report, counts it, says so in the log, and tries the next one after a pause.",
     .suggested_actions = {"Run `sallyport check`.", "Renew the collector's credentials."}},
};

}  // namespace sallyport
