// What every source of foreign failures shares: the operation that failed, the class of the failure, and the
// table that makes one of our codes of the two (errors.md section 4).
#pragma once

#include "errors/error.hpp"
#include "protocol/method.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <source_location>
#include <span>
#include <string_view>

namespace sallyport::classify {

// What we were doing when it failed.
enum class Operation : std::uint8_t { none, tool_call, discovery, guardrail, auth, cache, telemetry };
inline constexpr std::size_t operation_count = static_cast<std::size_t>(Operation::telemetry) + 1;

// How it failed, as far as the choice of a code goes.
enum class FailureClass : std::uint8_t {
  timeout,        // nothing came in time; HTTP 408 too
  connection,     // refused, reset, broken, ended early
  tls,            // trust, or a handshake that cannot succeed unchanged
  dns,            // the name was not resolved
  unreachable,    // no route, or the proxy is down
  protocol,       // a malformed or undecodable reply
  too_large,      // a reply over our limit
  access_denied,  // HTTP 401 and 403
  rate_limited,   // HTTP 429 and what means the same
  unavailable,    // HTTP 502 to 504; a server that is down or died
  encoding,       // a value that cannot be written or read back
  misuse,         // our own mistake in how we asked: a bad URL, header, scheme
  local,          // the machine below us refused, for no reason in the request
  exhausted,      // out of memory, descriptors, processes: clears up by itself
  cancelled,      // the caller gave up
  other,          // everything else; HTTP 500 too
};
inline constexpr std::size_t failure_class_count = static_cast<std::size_t>(FailureClass::other) + 1;

// Who ended an operation that was aborted on our side.
enum class AbortedBy : std::uint8_t { client, deadline, limit };

std::string_view name(Operation operation) noexcept;

// What a request to a server is: a tool call, discovery, or (prompts, resources, completion) neither.
Operation operation_of(protocol::Method method) noexcept;
std::string_view name(FailureClass failure) noexcept;

// What the caller knows about the operation. Everything may be left out; nothing is then claimed.
struct Context {
  Operation operation = Operation::none;
  std::optional<Phase> phase{};           // else as the failure implies
  std::optional<bool> handed_over{};      // was the whole request given to the kernel?
  std::optional<Executed> executed{};     // when better known than derived: progress came before it failed
  std::optional<AbortedBy> aborted_by{};  // stands above what the aborted call then reported
  std::string_view detail{};              // the text of the library or peer, for the developer only
  bool from_config = false;               // what we got wrong is written in the config
  bool resolved_before = false;           // this name was resolved earlier in this process
  std::span<const int> refuses_with{};  // statuses with which, says the operator, this server did not run it
  std::source_location where = std::source_location::current();  // whoever made this: the error's first note
};

// What a table says about one foreign failure.
struct Verdict {
  FailureClass failure = FailureClass::other;
  Kind kind = Kind::unknown;
  bool can_retry = false;
  std::optional<Phase> phase = std::nullopt;  // implied by the failure itself
};

// The (operation, class) → code table. `sent`: the request was handed over, as far as we know.
Code code_for(Operation operation, FailureClass failure, bool sent, bool from_config) noexcept;

// The verdict that a class alone justifies, for failures that we find ourselves.
Verdict verdict_for(FailureClass failure) noexcept;

// errors.md section 1, for a failure that is not a complete answer.
Executed executed_without_answer(const Context& context, std::optional<Phase> implied) noexcept;

// Builds the Error: code, kind, executed, can_retry, phase, status 500 for a fatal one, developer message,
// and the extra `error_type` unless that is empty. Obeys `aborted_by`.
Error make_error(Verdict verdict, const Context& context, std::string_view error_type = {});

// A failure that no library reported: a deadline of ours, a limit of ours, a peer that ended the
// conversation.
Error make_error(FailureClass failure, const Context& context);

// No connection of a bounded pool came free in time.
Error pool_exhausted(const Context& context);

}  // namespace sallyport::classify
