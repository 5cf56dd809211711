#include "classify/grpc.hpp"

#include "classify/http.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace sallyport::classify {
namespace {

constexpr auto statuses = std::to_array<GrpcStatus>({
    {1, "CANCELLED", 0, false},
    {2, "UNKNOWN", 500, false},
    {3, "INVALID_ARGUMENT", 400, false},
    {4, "DEADLINE_EXCEEDED", 504, true},
    {5, "NOT_FOUND", 404, false},
    {6, "ALREADY_EXISTS", 409, false},
    {7, "PERMISSION_DENIED", 403, false},
    {8, "RESOURCE_EXHAUSTED", 429, true},
    {9, "FAILED_PRECONDITION", 400, false},
    {10, "ABORTED", 409, true},
    {11, "OUT_OF_RANGE", 400, false},
    {12, "UNIMPLEMENTED", 501, false},
    {13, "INTERNAL", 500, false},
    {14, "UNAVAILABLE", 503, true},
    {15, "DATA_LOSS", 500, false},
    {16, "UNAUTHENTICATED", 401, false},
});
constexpr int unknown = 2;

constexpr auto prefixes = std::to_array<std::string_view>({"GRPC_STATUS_", "StatusCode."});

constexpr const GrpcStatus& status_of(int number) noexcept {
  const bool known = number >= 1 && static_cast<std::size_t>(number) <= statuses.size();
  return statuses[static_cast<std::size_t>(known ? number : unknown) - 1];
}

}  // namespace

std::span<const GrpcStatus> grpc_statuses() noexcept {
  return statuses;
}

std::optional<int> parse_grpc_status(std::string_view name) noexcept {
  for (const std::string_view prefix : prefixes)
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  if (name == "OK") return 0;
  const auto found = std::ranges::find(statuses, name, &GrpcStatus::name);
  if (found == statuses.end()) return std::nullopt;
  return found->number;
}

Error from_grpc(int status, const Context& context) {
  const GrpcStatus& row = status_of(status);
  if (row.http_status == 0) return make_error(FailureClass::cancelled, context);
  return from_http(row.http_status, {}, {}, context)
      .with_can_retry(row.can_retry)
      .with_extra("grpc_status", static_cast<std::int64_t>(status));
}

}  // namespace sallyport::classify
