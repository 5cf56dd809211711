// CACHE: what is kept to be faster; a call never fails for it.
#pragma once

#include "errors/row_spec.hpp"

namespace sallyport {

inline constexpr RowSpec cache_rows[] = {
    {.code = Code::cache_connection_failed,
     .wire_name = "CACHE_001",
     .full_name = "CACHE_CONNECTION_FAILED",
     .kind = Kind::network_transport_runtime_unreachable,
     .can_retry = true,
     .surface = Surface::none,
     .text = "The cache could not be reached.",
     .action = "Nothing needs to be done for this call.",
     .meaning = "No connection to the cache, or it refused our credentials.",
     .who_acts = who::operator_,
     .gateway_does = "It reads from the source, or from memory, and skips the write.",
     .suggested_actions = {"Check that the cache runs at the configured address.", "Check its credentials."}},
    {.code = Code::cache_operation_failed,
     .wire_name = "CACHE_002",
     .full_name = "CACHE_OPERATION_FAILED",
     .kind = Kind::gateway_runtime_internal,
     .can_retry = true,
     .surface = Surface::none,
     .text = "An operation of the cache failed.",
     .action = "Nothing needs to be done for this call.",
     .meaning = "The cache is there, and answered a read or a write with an error or too late.",
     .who_acts = who::operator_,
     .gateway_does = "It reads from the source, skips the write, and counts the failure.",
     .suggested_actions = {"Look at the cache's own log and memory.",
                           "See `sallyport_recovery_total` for how often it happens."}},
    {.code = Code::cache_serialization_error,
     .wire_name = "CACHE_003",
     .full_name = "CACHE_SERIALIZATION_ERROR",
     .kind = Kind::gateway_runtime_internal,
     .surface = Surface::none,
     .text = "An entry of the cache could not be read.",
     .action = "Nothing needs to be done for this call.",
     .meaning = "A cached entry is damaged or was written by another version.",
     .who_acts = who::nobody,
     .gateway_does = "It drops the entry and reads from the source.",
     .suggested_actions = {"Nothing, unless it happens often: then empty the cache."}},
};

}  // namespace sallyport
