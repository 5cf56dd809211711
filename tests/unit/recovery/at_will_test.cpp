// What callers can cause at will, code by code: errors.md section 5 names them.
#include "recovery/at_will.hpp"

#include "errors/catalog.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace sallyport::recovery {
namespace {

bool named(std::string_view wire) {
  static const std::set<std::string_view> single = {"AUTH_001",  "AUTH_002",  "AUTH_003",  "AUTH_004",
                                                    "AUTH_009",  "TOOL_002",  "TOOL_003",  "TOOL_005",
                                                    "GUARD_002", "GUARD_003", "GUARD_004", "SYS_003"};
  const std::string_view family = wire.substr(0, wire.find('_'));
  return single.contains(wire) || family == "PROTO" || family == "LIMIT" || family == "POLICY";
}

TEST(CausedAtWill, IsWhatTheDesignNames) {
  for (const CatalogRow& each : catalog())
    EXPECT_EQ(caused_at_will(each.code), named(each.wire_name)) << each.wire_name;
}

}  // namespace
}  // namespace sallyport::recovery
