// `sallyport tools`: what an agent would see and get.
#include "base/strings.hpp"
#include "commands.hpp"
#include "config_flags.hpp"
#include "mcp_url.hpp"
#include "output.hpp"
#include "run.hpp"
#include "telemetry/log.hpp"
#include "tool_text.hpp"

#include <fmt/format.h>

namespace sallyport::cli {
namespace {

struct ToolsOptions {
  ConfigFlags config;
  std::string url;
  std::string name;
  std::string arguments = "{}";
  bool json = false;
};

using Work = std::function<Task<int>(task::Loop&, ToolSource&)>;

// Keeps the words of the last progress notification.
class Events final : public pipeline::EventSink {
 public:
  void notify(std::string_view message) override {
    std::string text = progress_text(message);
    if (!text.empty()) text_ = std::move(text);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Whatever the work comes to, the source is closed before it goes.
Task<int> use(task::Loop& loop, std::unique_ptr<ToolSource> source, const Work& work) {
  Result<int> code = co_await work(loop, *source);
  task::Scope closing;  // not cut short by Ctrl-C: it is what leaves nothing behind
  (void)co_await source->close().in(closing);
  if (code || code.error().code() == Code::proto_cancelled) co_return code;
  complain(source->name() + explain(code.error()));
  co_return exit_failed;
}

int with_url(const std::string& written, const Work& work) {
  const auto url = parse_mcp_url(written);
  if (!url) {
    complain("--url: " + url.error());
    return exit_wrong_input;
  }
  return run_to_end([&](task::Loop& loop) { return use(loop, tools_at_url(loop, *url), work); });
}

int with_config(const ConfigFlags& flags, const Work& work) {
  const auto loaded = load_or_complain(request_for(flags));
  if (!loaded) return exit_wrong_input;
  log::configure({.level = log::Level::off});  // what matters is in what the command itself prints
  const config::Config& config = *loaded->config;
  return run_to_end([&](task::Loop& loop) { return use(loop, tools_of_config(loop, config), work); });
}

int with_source(const ToolsOptions& options, const Work& work) {
  if (options.url.empty()) return with_config(options.config, work);
  if (!options.config.given()) return with_url(options.url, work);
  complain("--url asks a running server, --config and --mcp-json start their own: write one of them");
  return exit_wrong_input;
}

Task<Listing> fetch_list(task::Loop& loop, ToolSource& source) {
  const Progress progress(loop, [&] { return source.waiting_for(); });
  co_return co_await source.list();
}

int list_tools(const ToolsOptions& options) {
  return with_source(options, [&](task::Loop& loop, ToolSource& source) -> Task<int> {
    co_return print_listing(CO_TRY(co_await fetch_list(loop, source)), options.json);
  });
}

int show_tool(const ToolsOptions& options) {
  return with_source(options, [&](task::Loop& loop, ToolSource& source) -> Task<int> {
    const Listing listing = CO_TRY(co_await fetch_list(loop, source));
    if (const Listing::Tool* tool = listing.find(options.name)) co_return print_tool(*tool, options.json);
    complain(
        fmt::format("no tool is called `{}`{}", options.name, suggestion(options.name, listing.names())));
    for (const Missing& missing : listing.missing) {
      complain(fmt::format("{}: {}", missing.what, missing.why));
    }
    co_return exit_wrong_input;
  });
}

// Why the text of --args cannot be the arguments of a call; empty: it can.
std::string fault_of_arguments(std::string_view text) {
  const auto document = json::scan(text);
  if (!document) {
    return fmt::format("{} at character {}", json::describe(document.error().kind),
                       document.error().offset + 1);
  }
  return document->root.is(json::Type::object) ? "" : "not a JSON object";
}

int call_tool(const ToolsOptions& options) {
  if (const std::string fault = fault_of_arguments(options.arguments); !fault.empty()) {
    complain(fmt::format("--args: {}, write for example --args '{{\"path\": \"/tmp\"}}'", fault));
    return exit_wrong_input;
  }
  return with_source(options, [&](task::Loop& loop, ToolSource& source) -> Task<int> {
    Events events;
    std::optional<Progress> progress(
        std::in_place, loop, [&] { return events.text().empty() ? source.waiting_for() : events.text(); });
    const Response response = CO_TRY(co_await source.call(options.name, options.arguments, events));
    progress.reset();
    co_return print_response(response, options.json);
  });
}

void add_flags(CLI::App& command, ToolsOptions& options) {
  add_config_flags(command, options.config);
  command
      .add_option(
          "--url", options.url,
          "A running gateway or any MCP server over Streamable HTTP: http://…, HOST:PORT, unix:/path or "
          "unix:/path:/mcp/SERVER")
      ->type_name("URL");
  command.add_flag("--json", options.json, "Prints JSON");
}

}  // namespace

void add_tools(CLI::App& app, Action& action) {
  const auto options = std::make_shared<ToolsOptions>();
  CLI::App* tools =
      add_command(app, "tools", "Shows and calls tools as an agent would",
                  "sallyport tools list\n"
                  "sallyport tools call files__read_file --args '{\"path\": \"/data/notes.txt\"}'");
  CLI::App* list = add_command(*tools, "list", "Lists the tools that an agent sees",
                               "sallyport tools list --url http://127.0.0.1:8080/mcp");
  CLI::App* show =
      add_command(*tools, "show", "Shows one tool with its schemas", "sallyport tools show files__read_file");
  CLI::App* call =
      add_command(*tools, "call", "Calls one tool and prints what it answers",
                  "sallyport tools call files__read_file --args '{\"path\": \"/data/notes.txt\"}'");
  for (CLI::App* command : {tools, list, show, call}) add_flags(*command, *options);
  for (CLI::App* command : {show, call}) {
    command->add_option("NAME", options->name, "The tool, as `tools list` names it")
        ->required()
        ->type_name("");
  }
  call->add_option("--args", options->arguments, "The arguments, a JSON object (default: {})")
      ->type_name("JSON");
  tools->callback([=, &action] {
    if (tools->get_subcommands().empty()) action = [=] { return list_tools(*options); };
  });
  list->callback([=, &action] { action = [=] { return list_tools(*options); }; });
  show->callback([=, &action] { action = [=] { return show_tool(*options); }; });
  call->callback([=, &action] { action = [=] { return call_tool(*options); }; });
}

}  // namespace sallyport::cli
