// What the audit record says: the members of each kind of line. docs/audit.md lists them.
#pragma once

#include "telemetry/audit_chain.hpp"
#include "telemetry/call_record.hpp"

#include <optional>
#include <string>

namespace sallyport::telemetry::audit {

// The bytes of a request that are kept as their SHA-256 only; views into the request, empty for none.
struct Digested {
  std::string_view arguments;
  std::string_view uri;
};

// That a call is about to go on (`on_failure: refuse`), and how it ended.
std::string begin_fields(const CallRecord& record, const Digested& digested);
std::string call_fields(const CallRecord& record, const Digested& digested);

// `torn`: bytes at the end of the file that are no record.
// That a request was refused before it was a call; `unrecorded`: so many before it were, and have no record.
std::string refused_fields(const CallRecord& record, std::uint64_t unrecorded);

std::string start_fields(SystemTime now, std::size_t torn);
std::string gap_fields(SystemTime now, std::uint64_t lost, std::size_t torn);
std::string rotated_fields(SystemTime now);
std::string continued_fields(SystemTime now, std::size_t torn);
std::string end_fields(SystemTime now, std::uint64_t written, std::uint64_t lost);

std::string hash_text(const Hash& hash);

}  // namespace sallyport::telemetry::audit
