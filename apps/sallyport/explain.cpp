// `sallyport explain`: what a code or a kind means, who acts, what the gateway does, what to do.
#include "base/strings.hpp"
#include "commands.hpp"
#include "errors/catalog.hpp"
#include "errors/kind_text.hpp"
#include "errors/reach.hpp"
#include "output.hpp"
#include "protocol/catalog_json.hpp"
#include "table.hpp"

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

namespace sallyport::cli {
namespace {

struct ExplainOptions {
  std::string name;
  bool json = false;
};

// The word as it may be pasted: in any case, and out of `docs: errors#NET_001`.
std::string bare(std::string_view word) {
  word = trim(word.substr(word.rfind('#') + 1));
  std::string upper(word);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

std::string rpc_codes(const CatalogRow& row) {
  if (row.rpc_code_legacy == 0 && row.rpc_code_modern == 0) return "";
  if (row.rpc_code_legacy == row.rpc_code_modern) return fmt::format(", JSON-RPC {}", row.rpc_code_legacy);
  return fmt::format(", JSON-RPC {} (2026-07-28: {})", row.rpc_code_legacy, row.rpc_code_modern);
}

// Where a client sees it.
std::string shown(const CatalogRow& row) {
  switch (row.surface) {
    case Surface::tool:
      return "in tools/call as a result with isError, elsewhere as an error" + rpc_codes(row);
    case Surface::rpc:
      return "as an error" + rpc_codes(row) +
             (row.http_status == 200 ? "" : fmt::format(", HTTP {}", row.http_status));
    case Surface::http:
      return fmt::format("as HTTP {}{}", row.http_status, rpc_codes(row));
    case Surface::none:
      return "never";
  }
  return "";
}

std::string code_text(const CatalogRow& row, bool colours) {
  const auto label = [&](std::string_view text) {
    return paint(Style::dim, fmt::format("{:<13}", text), colours);
  };
  std::string out = paint(Style::bold, fmt::format("{}  {}", row.wire_name, row.full_name), colours) + "\n" +
                    std::string(row.meaning) + "\n\n";
  if (is_scripted(row.code)) out += "Nothing in this version raises it yet.\n\n";
  out += label("who acts") + std::string(row.who_acts) + "\n";
  out += label("the gateway") + std::string(row.gateway_does) + "\n";
  std::string_view what = "what to do";
  for (const std::string_view action : row.suggested_actions) {
    out += label(what) + "- " + std::string(action) + "\n";
    what = "";
  }
  out += label("kind") + fmt::format("{}\n", name(row.kind));
  out += label("severity") + fmt::format("{}, strategy {}, {}\n", name(row.severity), name(row.strategy),
                                         row.can_retry ? "transient" : "not transient");
  out += label("shown") + shown(row) + "\n";
  if (row.shown_as != row.code) out += label("callers see") + std::string(wire_name(row.shown_as)) + "\n";
  return out;
}

std::string kind_text(Kind kind, bool colours) {
  std::string out = paint(Style::bold, name(kind), colours) + "\n" + std::string(meaning(kind)) + "\n\n";
  const std::string_view holds = predicate(kind);
  out += fmt::format("predicate    {}\n", holds.empty() ? "none holds" : holds);
  std::vector<std::string> codes;
  for (const CatalogRow& row : catalog()) {
    if (row.kind == kind) codes.push_back(fmt::format("{} {}", row.wire_name, row.full_name));
  }
  if (codes.empty())
    return out + "codes        none by default; what is known of a failure may give it any\n";
  return out + fmt::format("codes        {}\n", fmt::join(codes, "\n             "));
}

int list_all(bool json) {
  if (json) {
    std::vector<std::string> codes;
    for (const CatalogRow& row : catalog()) codes.push_back(protocol::code_json(row));
    std::vector<std::string> kinds;
    for (std::size_t i = 0; i < kind_count; ++i) kinds.push_back(protocol::kind_json(static_cast<Kind>(i)));
    return print_json(
        fmt::format(R"({{"codes":[{}],"kinds":[{}]}})", fmt::join(codes, ","), fmt::join(kinds, ",")));
  }
  const bool colours = has_colours(STDOUT_FILENO);
  Table codes({"CODE", "NAME", "MEANS"});
  for (const CatalogRow& row : catalog())
    codes.add({{std::string(row.wire_name), Style::bold},
               {std::string(row.full_name)},
               {std::string(row.meaning)}});
  Table kinds({"KIND", "MEANS"});
  for (std::size_t i = 0; i < kind_count; ++i) {
    const Kind kind = static_cast<Kind>(i);
    kinds.add({{std::string(name(kind)), Style::bold}, {std::string(meaning(kind))}});
  }
  const std::size_t width = terminal_width();
  return print(codes.render(width, colours) + "\n" + kinds.render(width, colours));
}

int explain_one(const ExplainOptions& options) {
  const std::string wanted = bare(options.name);
  const bool colours = has_colours(STDOUT_FILENO);
  if (const auto code = parse_code(wanted))
    return options.json ? print_json(protocol::code_json(row(*code))) : print(code_text(row(*code), colours));
  if (const auto kind = parse_kind(wanted))
    return options.json ? print_json(protocol::kind_json(*kind)) : print(kind_text(*kind, colours));
  complain(fmt::format("`{}` is no code and no kind{}", clip(options.name, 200),
                       suggestion(wanted, explained_names())));
  print_error("`sallyport explain` lists them\n");
  return exit_wrong_input;
}

}  // namespace

std::vector<std::string> explained_names() {
  std::vector<std::string> names;
  for (const CatalogRow& row : catalog()) names.emplace_back(row.wire_name);
  for (const CatalogRow& row : catalog()) names.emplace_back(row.full_name);
  for (std::size_t i = 0; i < kind_count; ++i) names.emplace_back(name(static_cast<Kind>(i)));
  return names;
}

void add_explain(CLI::App& app, Action& action) {
  const auto options = std::make_shared<ExplainOptions>();
  CLI::App* command =
      add_command(app, "explain", "Says what a code or a kind of failure means, and what to do",
                  "sallyport explain NET_001\n"
                  "sallyport explain UPSTREAM_RUNTIME_RATE_LIMIT --json");
  command->add_option("NAME", options->name, "A code, its full name, or a kind; all of them without it")
      ->type_name("");
  command->add_flag("--json", options->json, "Prints JSON");
  command->callback([=, &action] {
    action = [=] { return options->name.empty() ? list_all(options->json) : explain_one(*options); };
  });
}

}  // namespace sallyport::cli
