#include "errors/docs.hpp"

#include "errors/catalog.hpp"
#include "errors/kind_text.hpp"
#include "errors/reach.hpp"

#include <array>
#include <string_view>

namespace sallyport {
namespace {

constexpr std::string_view preface =
    R"(<!-- Written from the catalog in src/errors/rows; a test holds this page to it. UPDATE_GOLDEN=1 writes it anew. -->
# What can fail, and what to do about it

Every failure that Sallyport reports carries one of these codes, in the text and under `dev.sallyport/error`.
`sallyport explain CODE` prints the same entry, and `sallyport explain KIND` what is at the [end of this page](#kinds).

- **executed** tells whether the operation may have started: `no`, `maybe` or `yes`. The text says the same in words.
- **canRetry** is about this very call: the failure passes by itself, and the call did not run or may be repeated.
- **Shown as**: where a failure is reported within `tools/call`. `tool` is a result with `isError: true`, elsewhere a
  JSON-RPC error; `rpc` is always a JSON-RPC error; `http` an HTTP status; `none` is never sent.
- **JSON-RPC code**: legacy is 2024-11-05 to 2025-11-25, modern is 2026-07-28.
- **Transient**: the failure usually passes by itself. What is known of a single failure overrides it.
- **Scripted**: what raises it is not built yet; the tests reach it through a scripted layer in that place.

)";

struct FamilyText {
  std::string_view title;
  std::string_view about;
};

// In the order of Family.
constexpr std::array<FamilyText, 13> families = {{
    {"AUTH: authentication", "Who calls, and whether that can be known. Nobody passes unchecked."},
    {"GUARD: guardrails", "What the guardrails found, and guardrails that could not look."},
    {"TOOL: tools", "Calls of tools, and the servers that run them."},
    {"DISC: discovery", "Learning what a server offers."},
    {"CONFIG: configuration", "What the operator wrote cannot work."},
    {"NET: network", "The way to a server."},
    {"SYS: the gateway itself", "Faults and shortages of the gateway."},
    {"TELEM: telemetry", "Reports to the outside. A call never fails for one."},
    {"CACHE: cache", "What is kept to be faster. A call never fails for it."},
    {"PROTO: protocol", "What was sent is not what the protocol asks for."},
    {"LIMIT: limits", "More than the gateway or a server gives."},
    {"RECOVERY: degraded answers", "Marks on an answer that came in a degraded way. They are not failures."},
    {"POLICY: policy", "What the operator does not allow."},
}};

void append_line(std::string& out, std::string_view label, std::string_view text) {
  out += "**";
  out += label;
  out += "** ";
  out += text;
  out += "\n\n";
}

std::string rpc_codes(const CatalogRow& row) {
  if (row.rpc_code_legacy == 0 && row.rpc_code_modern == 0) return "none";
  if (row.rpc_code_legacy == row.rpc_code_modern) return std::to_string(row.rpc_code_legacy);
  return std::to_string(row.rpc_code_legacy) + " legacy, " + std::to_string(row.rpc_code_modern) + " modern";
}

void append_facts(std::string& out, const CatalogRow& row) {
  out += "| severity | strategy | kind | transient | shown as | JSON-RPC code | HTTP status |\n";
  out += "|---|---|---|---|---|---|---|\n";
  for (const std::string& cell :
       {std::string(name(row.severity)), std::string(name(row.strategy)),
        "`" + std::string(name(row.kind)) + "`", std::string(row.can_retry ? "yes" : "no"),
        std::string(name(row.surface)), rpc_codes(row),
        row.surface == Surface::none ? std::string("none") : std::to_string(row.http_status)}) {
    out += "| " + cell + " ";
  }
  out += "|\n\n";
}

void append_row(std::string& out, const CatalogRow& row) {
  out += "<a id=\"";
  out += row.wire_name;
  out += "\"></a>\n\n## ";
  out += row.wire_name;
  out += ' ';
  out += row.full_name;
  out += "\n\n";
  out += row.meaning;
  out += "\n\n";
  if (is_scripted(row.code)) append_line(out, "Scripted:", "nothing in this version raises it yet.");
  append_line(out, "Who acts:", row.who_acts);
  append_line(out, "The gateway:", row.gateway_does);
  if (row.shown_as != row.code) append_line(out, "Callers see:", wire_name(row.shown_as));
  out += "**What to do:**\n\n";
  for (const std::string_view action : row.suggested_actions) {
    out += "- ";
    out += action;
    out += '\n';
  }
  out += '\n';
  append_facts(out, row);
}

void append_kind(std::string& out, Kind kind) {
  out += "| <a id=\"";
  out += name(kind);
  out += "\"></a>`";
  out += name(kind);
  out += "` | ";
  out += meaning(kind);
  out += " | ";
  out += predicate(kind).empty() ? "none" : predicate(kind);
  out += " |";
  bool any = false;
  for (const CatalogRow& row : catalog()) {
    if (row.kind != kind) continue;
    out += any ? ", [" : " [";
    out += row.wire_name;
    out += "](#";
    out += row.wire_name;
    out += ')';
    any = true;
  }
  out += " |\n";
}

void append_kinds(std::string& out) {
  out += R"(<a id="kinds"></a>

# Kinds

Who failed, when, and in what way: `kind` beside the code. A code has one by default; what is known of a single failure
overrides it. Exactly one predicate holds for a kind.

| kind | means | predicate | default of |
|---|---|---|---|
)";
  for (std::size_t i = 0; i < kind_count; ++i) append_kind(out, static_cast<Kind>(i));
}

}  // namespace

std::string catalog_markdown() {
  std::string out(preface);
  const CatalogRow* before = nullptr;
  for (const CatalogRow& row : catalog()) {
    if (before == nullptr || before->family != row.family) {
      const FamilyText& family = families[static_cast<std::size_t>(row.family)];
      out += "# ";
      out += family.title;
      out += "\n\n";
      out += family.about;
      out += "\n\n";
    }
    append_row(out, row);
    before = &row;
  }
  append_kinds(out);
  return out;
}

}  // namespace sallyport
