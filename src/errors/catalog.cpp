#include "errors/catalog.hpp"

#include "errors/row_spec.hpp"
#include "errors/rows/auth.hpp"
#include "errors/rows/cache.hpp"
#include "errors/rows/config.hpp"
#include "errors/rows/disc.hpp"
#include "errors/rows/guard.hpp"
#include "errors/rows/limit.hpp"
#include "errors/rows/net.hpp"
#include "errors/rows/policy.hpp"
#include "errors/rows/proto.hpp"
#include "errors/rows/recovery.hpp"
#include "errors/rows/sys.hpp"
#include "errors/rows/telem.hpp"
#include "errors/rows/tool.hpp"
#include "errors/template.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace sallyport {
namespace {

struct FamilyDefaults {
  std::string_view name;  // the prefix of its wire names
  std::string_view full;  // the prefix of its full names
  int rpc_base;           // 0: its codes are marks and have none
  Severity severity;
  Strategy strategy;
};

// errors.md section 2, in the order of Family.
constexpr std::array<FamilyDefaults, 13> families = {{
    {"AUTH", "AUTH", 1000, Severity::high, Strategy::fail_closed},
    {"GUARD", "GUARDRAIL", 1100, Severity::medium, Strategy::fail_open},
    {"TOOL", "TOOL", 1200, Severity::medium, Strategy::retry},
    {"DISC", "DISCOVERY", 1300, Severity::medium, Strategy::fallback},
    {"CONFIG", "CONFIG", 1400, Severity::high, Strategy::fail_closed},
    {"NET", "NETWORK", 1500, Severity::medium, Strategy::retry},
    {"SYS", "SYSTEM", 1600, Severity::critical, Strategy::escalate},
    {"TELEM", "TELEMETRY", 1700, Severity::low, Strategy::ignore},
    {"CACHE", "CACHE", 1800, Severity::low, Strategy::ignore},
    {"PROTO", "PROTO", 1900, Severity::low, Strategy::fail_closed},
    {"LIMIT", "LIMIT", 2000, Severity::low, Strategy::fail_closed},
    {"RECOVERY", "RECOVERY", 0, Severity::low, Strategy::none},
    {"POLICY", "POLICY", 2100, Severity::medium, Strategy::fail_closed},
}};

constexpr const FamilyDefaults& defaults(Family family) {
  return families[static_cast<std::size_t>(family)];
}

struct Section {
  Family family;
  std::span<const RowSpec> rows;
};

constexpr std::array<Section, 13> sections = {{
    {Family::auth, auth_rows},
    {Family::guard, guard_rows},
    {Family::tool, tool_rows},
    {Family::disc, disc_rows},
    {Family::config, config_rows},
    {Family::net, net_rows},
    {Family::sys, sys_rows},
    {Family::telem, telem_rows},
    {Family::cache, cache_rows},
    {Family::proto, proto_rows},
    {Family::limit, limit_rows},
    {Family::recovery, recovery_rows},
    {Family::policy, policy_rows},
}};

// The number within the family: "TOOL_006" is 6.
constexpr int number(std::string_view wire_name) {
  const std::string_view digits = wire_name.substr(wire_name.size() - 3);
  return (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
}

constexpr std::span<const std::string_view> given(const std::array<std::string_view, 4>& actions) {
  return {actions.begin(), std::ranges::find(actions, std::string_view())};
}

constexpr CatalogRow complete(const RowSpec& spec, Family family) {
  const FamilyDefaults& base = defaults(family);
  const int rpc = base.rpc_base == 0 ? 0 : base.rpc_base + number(spec.wire_name);
  return {
      .code = spec.code,
      .wire_name = spec.wire_name,
      .full_name = spec.full_name,
      .family = family,
      .severity = spec.severity.value_or(base.severity),
      .strategy = spec.strategy.value_or(base.strategy),
      .kind = spec.kind,
      .can_retry = spec.can_retry,
      .surface = spec.surface,
      .rpc_code_legacy = spec.rpc_legacy.value_or(rpc),
      .rpc_code_modern = spec.rpc_modern.value_or(rpc),
      .http_status = spec.http_status,
      .shown_as = spec.shown_as.value_or(spec.code),
      .text = spec.text,
      .action = spec.action,
      .meaning = spec.meaning,
      .who_acts = spec.who_acts,
      .gateway_does = spec.gateway_does,
      .suggested_actions = given(spec.suggested_actions),
  };
}

constexpr std::size_t written_rows() {
  std::size_t count = 0;
  for (const Section& section : sections) count += section.rows.size();
  return count;
}

static_assert(written_rows() == code_count, "every code has exactly one row");

template <std::size_t... I>
constexpr std::array<CatalogRow, sizeof...(I)> build(std::index_sequence<I...>) {
  std::array<const RowSpec*, sizeof...(I)> specs{};
  std::array<Family, sizeof...(I)> owners{};
  std::size_t next = 0;
  for (const Section& section : sections) {
    for (const RowSpec& spec : section.rows) {
      specs[next] = &spec;
      owners[next++] = section.family;
    }
  }
  return {complete(*specs[I], owners[I])...};
}

constexpr auto rows = build(std::make_index_sequence<code_count>());

// ---- What must hold for every row. A row that breaks a rule does not compile.

constexpr bool is_upper_word(std::string_view text) {
  return !text.empty() && text.front() >= 'A' && text.front() <= 'Z' && text.back() != '_' &&
         std::ranges::all_of(text, [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
}

constexpr bool has_its_place(std::size_t index) {
  return rows[index].code == static_cast<Code>(index);
}

// FAMILY_NNN, counted from 001 within the family, and a full name that begins as the family's do.
constexpr bool is_well_named(std::size_t index) {
  const CatalogRow& row = rows[index];
  const FamilyDefaults& family = defaults(row.family);
  const bool first = index == 0 || rows[index - 1].family != row.family;
  const std::string_view wire = row.wire_name;
  return wire.size() == family.name.size() + 4 && wire.starts_with(family.name) &&
         wire[family.name.size()] == '_' &&
         std::ranges::all_of(wire.substr(wire.size() - 3), [](char c) { return c >= '0' && c <= '9'; }) &&
         number(wire) == (first ? 1 : number(rows[index - 1].wire_name) + 1) &&
         is_upper_word(row.full_name) && row.full_name.starts_with(family.full) &&
         row.full_name.size() > family.full.size() && row.full_name[family.full.size()] == '_';
}

constexpr bool is_unique(std::size_t index) {
  return std::ranges::all_of(std::span(rows).first(index), [&](const CatalogRow& other) {
    return other.wire_name != rows[index].wire_name && other.full_name != rows[index].full_name;
  });
}

// Of the range that JSON-RPC leaves to implementations we emit only what MCP assigned.
constexpr bool may_emit(int rpc, bool modern) {
  if (rpc < -32099 || rpc > -32000) return true;
  return modern ? rpc <= -32020 && rpc >= -32022 : rpc == -32002 || rpc == -32042;
}

constexpr bool has_right_rpc_codes(const CatalogRow& row) {
  const int base = defaults(row.family).rpc_base;
  const auto fits = [&](int rpc) {
    return base == 0 ? rpc == 0 : rpc < 0 || rpc == base + number(row.wire_name);
  };
  return fits(row.rpc_code_legacy) && fits(row.rpc_code_modern) && may_emit(row.rpc_code_legacy, false) &&
         may_emit(row.rpc_code_modern, true);
}

constexpr bool has_right_status(const CatalogRow& row) {
  constexpr std::array closed_list = {200, 400, 401, 403, 404, 405, 406, 413, 415, 503};
  return std::ranges::find(closed_list, row.http_status) != closed_list.end() &&
         (row.surface != Surface::http || row.http_status != 200);
}

constexpr bool is_timeout(const CatalogRow& row) {
  return row.full_name.ends_with("_TIMEOUT");
}

constexpr bool has_right_strategy(const CatalogRow& row) {
  if (is_timeout(row)) return row.severity == Severity::medium && row.strategy == Strategy::fail_closed;
  return (row.strategy == Strategy::none) == (row.family == Family::recovery) &&
         (row.strategy != Strategy::retry || row.can_retry || row.code == Code::tool_execution_failed);
}

constexpr bool is_sentence(std::string_view text) {
  return text.size() > 1 && text.back() == '.' && text.find("  ") == text.npos && text.front() != ' ';
}

constexpr bool is_known_actor(std::string_view actor) {
  return actor == who::caller || actor == who::operator_ || actor == who::developer || actor == who::nobody;
}

constexpr bool is_well_written(const CatalogRow& row) {
  return (is_sentence(row.text) || row.text.ends_with(".]")) && is_valid_template(row.text) &&
         (row.action.empty() || is_sentence(row.action)) && is_sentence(row.meaning) &&
         is_known_actor(row.who_acts) && is_sentence(row.gateway_does) && !row.suggested_actions.empty() &&
         std::ranges::all_of(row.suggested_actions, is_sentence);
}

// What is shown instead must not differ from the thing itself in anything that an outsider sees.
constexpr bool hides_well(const CatalogRow& row) {
  const CatalogRow& shown = rows[static_cast<std::size_t>(row.shown_as)];
  return shown.shown_as == shown.code && shown.surface == row.surface &&
         shown.http_status == row.http_status && shown.rpc_code_legacy == row.rpc_code_legacy &&
         shown.rpc_code_modern == row.rpc_code_modern && shown.can_retry == row.can_retry &&
         shown.text == row.text && shown.action == row.action &&
         std::ranges::equal(shown.suggested_actions, row.suggested_actions);
}

// Finds the row at fault: a failing index stands in the compiler's note.
template <std::size_t Index>
constexpr bool is_sound() {
  static_assert(has_its_place(Index), "the rows stand in the order of Code");
  static_assert(is_well_named(Index));
  static_assert(is_unique(Index));
  static_assert(has_right_status(rows[Index]));
  static_assert(has_right_strategy(rows[Index]));
  static_assert(is_well_written(rows[Index]));
  static_assert(rows[Index].shown_as == rows[Index].code || hides_well(rows[Index]));
  static_assert(rows[Index].shown_as != rows[Index].code || has_right_rpc_codes(rows[Index]));
  return true;
}

template <std::size_t... I>
constexpr bool all_sound(std::index_sequence<I...>) {
  return (is_sound<I>() && ...);
}

static_assert(all_sound(std::make_index_sequence<code_count>()));

constexpr std::array<std::string_view, 4> severity_names = {"low", "medium", "high", "critical"};
constexpr std::array<std::string_view, 7> strategy_names = {
    "none", "retry", "fallback", "fail_open", "fail_closed", "escalate", "ignore"};
constexpr std::array<std::string_view, 4> surface_names = {"tool", "rpc", "http", "none"};

}  // namespace

std::string_view name(Family family) noexcept {
  return defaults(family).name;
}
std::string_view name(Severity severity) noexcept {
  return severity_names[static_cast<std::size_t>(severity)];
}
std::string_view name(Strategy strategy) noexcept {
  return strategy_names[static_cast<std::size_t>(strategy)];
}
std::string_view name(Surface surface) noexcept {
  return surface_names[static_cast<std::size_t>(surface)];
}

const CatalogRow& row(Code code) noexcept {
  return rows[static_cast<std::size_t>(code)];
}
std::span<const CatalogRow> catalog() noexcept {
  return rows;
}

std::string_view wire_name(Code code) noexcept {
  return row(code).wire_name;
}
std::string_view full_name(Code code) noexcept {
  return row(code).full_name;
}

std::optional<Code> parse_code(std::string_view name) noexcept {
  const auto found = std::ranges::find_if(
      rows, [&](const CatalogRow& row) { return row.wire_name == name || row.full_name == name; });
  if (found == rows.end()) return std::nullopt;
  return found->code;
}

}  // namespace sallyport
