#include "errors/kind_text.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(KindText, EveryKindHasASentenceAndThePredicateThatHolds) {
  const std::pair<std::string_view, bool (*)(Kind) noexcept> predicates[] = {
      {"is_toolkit_error", is_toolkit_error},
      {"is_tool_error", is_tool_error},
      {"is_upstream_error", is_upstream_error},
      {"is_network_transport_error", is_network_transport_error},
      {"is_gateway_error", is_gateway_error}};
  for (std::size_t i = 0; i < kind_count; ++i) {
    const Kind kind = static_cast<Kind>(i);
    EXPECT_TRUE(meaning(kind).ends_with('.')) << name(kind);
    for (const auto& [text, holds] : predicates)
      EXPECT_EQ(predicate(kind) == text, holds(kind)) << name(kind);
  }
  EXPECT_EQ(predicate(Kind::unknown), "");
}

}  // namespace
}  // namespace sallyport
