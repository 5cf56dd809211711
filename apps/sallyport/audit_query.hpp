// Which records of an audit file are wanted, and how they are shown.
#pragma once

#include "base/clock.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::cli {

struct AuditQuery {
  std::optional<SystemTime> since;
  std::optional<SystemTime> until;
  std::string principal;
  std::string server;
  std::string tool;
  std::string code;
  std::string correlation;  // the first characters are enough

  bool everything() const;
  // `line`: a record without its line end. What is no record is not wanted.
  bool wants(std::string_view line) const;
};

// RFC 3339 in UTC, or a duration before `now`: "15m".
std::optional<SystemTime> parse_moment(std::string_view text, SystemTime now);

// One line for people.
std::string audit_line_text(std::string_view line, bool colours);

// Calls `each` for every line of a file, with whether it had its line end; false to stop. An errno, or 0.
int for_each_line(const std::string& file,
                  const std::function<bool(std::string_view line, bool ended)>& each);

}  // namespace sallyport::cli
