#include "protocol/catalog_json.hpp"

#include "errors/kind_text.hpp"
#include "errors/reach.hpp"
#include "protocol/object_text.hpp"

#include <string_view>
#include <vector>

namespace sallyport::protocol {
namespace {

// 0: none is ever emitted.
std::optional<int> unless_none(int number) {
  if (number == 0) return std::nullopt;
  return number;
}

}  // namespace

std::string code_json(const CatalogRow& row) {
  return ObjectText()
      .text("code", row.wire_name)
      .text("name", row.full_name)
      .text("family", name(row.family))
      .text("severity", name(row.severity))
      .text("strategy", name(row.strategy))
      .text("kind", name(row.kind))
      .boolean("canRetry", row.can_retry)
      .text("surface", name(row.surface))
      .raw("rpcCode", ObjectText()
                          .number("legacy", unless_none(row.rpc_code_legacy))
                          .number("modern", unless_none(row.rpc_code_modern))
                          .take())
      .number("httpStatus", row.surface == Surface::none ? std::nullopt : unless_none(row.http_status))
      .text_or_null("shownAs", row.shown_as == row.code ? "" : wire_name(row.shown_as))
      .boolean("scripted", is_scripted(row.code))
      .text("meaning", row.meaning)
      .text("whoActs", row.who_acts)
      .text("gatewayDoes", row.gateway_does)
      .texts("actions", row.suggested_actions)
      .take();
}

std::string kind_json(Kind kind) {
  std::vector<std::string_view> codes;
  for (const CatalogRow& row : catalog()) {
    if (row.kind == kind) codes.push_back(row.wire_name);
  }
  return ObjectText()
      .text("kind", name(kind))
      .text("meaning", meaning(kind))
      .text_or_null("predicate", predicate(kind))
      .texts("codes", codes)
      .take();
}

}  // namespace sallyport::protocol
