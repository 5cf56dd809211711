// A gRPC status as one of our errors.
#pragma once

#include "classify/classify.hpp"

#include <optional>
#include <span>
#include <string_view>

namespace sallyport::classify {

struct GrpcStatus {
  int number;
  std::string_view name;
  int http_status;  // what it means as one; 0: the call was cancelled
  bool can_retry;
};

// Every status but OK, in the order of the numbers.
std::span<const GrpcStatus> grpc_statuses() noexcept;

// With or without "GRPC_STATUS_" or "StatusCode."; OK is 0.
std::optional<int> parse_grpc_status(std::string_view name) noexcept;

// Not 0. A number that gRPC does not have is taken as 2, as its own libraries do.
Error from_grpc(int status, const Context& context);

}  // namespace sallyport::classify
