// The query of an admin request: known parameters with checked values, or a refusal that says what to write.
#pragma once

#include "admin/call_feed.hpp"
#include "errors/result.hpp"

#include <chrono>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace sallyport::admin {

// Decoded; a name may stand once. PROTO_004 for what is no query, or has a parameter that `known` does not
// name.
class Query {
 public:
  static Result<Query> parse(std::string_view target, std::span<const std::string> known);

  const std::string* find(std::string_view name) const;
  // Whole numbers from `least` to `most`; `otherwise` when it is not there.
  Result<std::uint64_t> number(std::string_view name, std::uint64_t least, std::uint64_t most,
                               std::uint64_t otherwise) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

// requests=calls|all, ending=ok|failed, code=, server=, target=, ref=.
Result<CallFilter> call_filter(const Query& query);

// PROTO_004 with the parameter and what it takes.
Error bad_parameter(std::string_view name, std::string_view takes);

}  // namespace sallyport::admin
