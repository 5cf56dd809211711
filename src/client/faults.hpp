// Failures that an operator lets happen on purpose: which rule strikes which request to a server.
#pragma once

#include "base/secret.hpp"
#include "protocol/method.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::client {

// In the order of the choices of `faults.*.fault`.
enum class Fault : std::uint8_t {
  delay,         // the answer comes later by `time`
  slow,          // the answer comes in small pieces, `time` after each other
  error,         // a JSON-RPC error instead of the answer; the request does not go out
  http,          // an HTTP status instead of the answer; the request does not go out
  reset_before,  // the connection breaks before the request went out
  reset_after,   // … and after it
  truncate,      // … and within the answer
  garble,        // the answer is no JSON
  missing,       // the answer never comes
  duplicate,     // the answer comes twice; a child's
  crash,         // the child is killed when the request went out
  defect,        // the gateway itself fails as by a mistake in it; the request does not go out
};
inline constexpr std::size_t fault_count = static_cast<std::size_t>(Fault::defect) + 1;

std::string_view name(Fault fault) noexcept;

// Can it happen to a child process, or to an HTTP endpoint?
bool happens(Fault fault, bool stdio) noexcept;

struct FaultRule {
  std::string server;  // patterns (base/patterns.hpp); empty: all
  std::string method;
  std::string tool;  // as its server calls it; not empty: calls of tools only
  std::uint32_t percent = 100;
  std::uint32_t seed = 0;
  std::optional<Fault> fault;         // absent: not written
  std::chrono::milliseconds time{0};  // of `delay` and `slow`
  std::uint32_t status = 503;         // of `http`
  std::vector<std::pair<std::string, Secret>> headers;
  std::int32_t code = -32603;  // of `error`
  std::string message = "An injected error";
};
bool operator==(const FaultRule& a, const FaultRule& b);

// Throws what nobody in the gateway expects, if it is the fault for that.
void throw_defect(const FaultRule& rule);

// The rules of one server. Every rule counts the requests that it covers and strikes the same ones in each
// run: the n-th by `percent` and `seed`, whatever becomes of others. `initialize` and notifications are never
// struck.
class Faults {
 public:
  Faults(std::vector<FaultRule> rules, bool stdio);

  // The first rule that strikes this request. Null: none does. Lives as long as this.
  const FaultRule* strike(protocol::Method method, std::string_view tool) noexcept;

  bool operator==(const Faults& other) const { return rules_ == other.rules_; }

 private:
  std::vector<FaultRule> rules_;
  std::vector<std::uint64_t> seen_;  // by each rule
};

// Would the one strike as the other? Null: faults are not allowed.
bool same_faults(const std::shared_ptr<Faults>& a, const std::shared_ptr<Faults>& b);

}  // namespace sallyport::client
