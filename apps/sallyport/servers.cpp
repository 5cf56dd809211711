// `sallyport servers`: who is up and who is not, and what an operator does about it, through a running
// gateway's admin port.
#include "admin_port.hpp"
#include "base/durations.hpp"
#include "base/strings.hpp"
#include "classify/refine.hpp"
#include "commands.hpp"
#include "config/values.hpp"
#include "json/dom.hpp"
#include "json/scanner.hpp"
#include "output.hpp"
#include "run.hpp"
#include "table.hpp"

#include <ctime>

#include <fmt/format.h>
#include <unistd.h>

namespace sallyport::cli {
namespace {

using simdjson::dom::element;

constexpr std::chrono::seconds patience{10};
// The calls of a server end first, and the next one has to start: timeouts.shutdown and timeouts.start.
constexpr std::chrono::seconds patience_for_calls{900};

struct ServersOptions {
  AdminFlags admin;
  std::string name;
  bool json = false;
};

// `posted`: the header lines of a POST; without them it is a GET.
Task<HttpAnswer> ask(task::Loop& loop, const AdminPort& port, const std::string& path,
                     const std::string* posted = nullptr) {
  const Progress progress(loop, [&] { return "waiting for " + port.url(); });
  const std::chrono::seconds limit = posted ? patience_for_calls : patience;
  Result<HttpAnswer> answer = co_await task::with_deadline(
      loop.timers(), loop.now() + limit,
      posted ? http_post(loop, port.endpoint, path, *posted) : http_get(loop, port.endpoint, path),
      [limit](const Error& cancelled) { return classify::out_of_time(cancelled, limit); });
  if (answer || answer.error().code() == Code::proto_cancelled) co_return answer;
  complain(
      fmt::format("no gateway answers at {}: start one with `sallyport serve`, or name its admin port with "
                  "--admin\n{}",
                  port.url(), explain(answer.error())));
  co_return HttpAnswer{};
}

std::string_view text_at(element row, std::string_view key) {
  std::string_view text;
  return row[key].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

std::string number_at(element row, std::string_view key) {
  std::int64_t number = 0;
  return row[key].get(number) == simdjson::SUCCESS ? std::to_string(number) : "";
}

// "3m12s" since a date as RFC 3339 writes it in UTC; the text itself if it is none.
std::string age(std::string_view date) {
  std::tm parts{};
  const std::string text(date);
  const char* const end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  if (end == nullptr || *end != '\0') return text;
  const auto then = std::chrono::system_clock::from_time_t(::timegm(&parts));
  const auto passed = std::chrono::system_clock::now() - then;
  return format_duration(std::max(std::chrono::floor<std::chrono::seconds>(passed), std::chrono::seconds(0)));
}

Cell state_cell(std::string_view state) {
  if (state == "up") return {"up", Style::green};
  if (state == "down" || state == "quarantined") return {std::string(state), Style::red};
  return {std::string(state), Style::yellow};
}

// The deepest detail says most about what went wrong.
std::string last_error(element row) {
  element error;
  if (row["lastError"].get(error) != simdjson::SUCCESS || !error.is_object()) return "";
  const std::string code(text_at(error, "code"));
  std::string_view detail;
  for (bool more = true; more; more = error["cause"].get(error) == simdjson::SUCCESS) {
    if (const std::string_view text = text_at(error, "detail"); !text.empty()) detail = text;
  }
  return detail.empty() ? code : fmt::format("{} {}", code, detail);
}

// "open for 8s", or for which part of the calls it is.
Cell breaker_cell(element row) {
  element breaker;
  simdjson::dom::array parts;
  if (row["breaker"].get(breaker) != simdjson::SUCCESS || breaker["parts"].get(parts) != simdjson::SUCCESS)
    return {""};
  if (parts.size() == 0) return {"closed"};
  const element first = parts.at(0);
  const std::string_view scope = text_at(first, "scope");
  std::string text(text_at(first, "state"));
  if (scope != "server")
    text += fmt::format(" ({} {})", scope, text_at(first, scope == "tool" ? "tool" : "caller"));
  if (parts.size() > 1) text += fmt::format(" +{}", parts.size() - 1);
  return {text, scope == "server" ? Style::red : Style::yellow};
}

std::string servers_table(simdjson::dom::array rows) {
  Table table({"SERVER", "STATE", "FOR", "TRANSPORT", "ERA", "PID", "INSTANCES", "RESTARTS", "BREAKER",
               "TOOLS", "LAST ERROR"});
  for (const element row : rows) {
    const std::string_view revision = text_at(row, "revision");
    table.add({{std::string(text_at(row, "name")), Style::bold},
               state_cell(text_at(row, "quarantine").empty() ? text_at(row, "state") : "quarantined"),
               {age(text_at(row, "since"))},
               {std::string(text_at(row, "transport"))},
               {std::string(revision.empty() ? text_at(row, "era") : revision)},
               {number_at(row, "pid")},
               {number_at(row, "instances")},
               {number_at(row, "restarts")},
               breaker_cell(row),
               {number_at(row, "tools")},
               {last_error(row), Style::dim}});
  }
  return table.render(terminal_width(), has_colours(STDOUT_FILENO));
}

// The rows of GET /api/servers; nothing: it is not a gateway that answered, and that was said.
std::optional<json::Dom> rows_of(const HttpAnswer& answer) {
  if (answer.status == 0) return std::nullopt;
  if (answer.status == 200 && json::scan(answer.body, {.max_keys = 1'000'000})) {
    auto dom = json::Dom::parse(answer.body);
    if (dom && dom->root().is_array()) return dom;
  }
  complain(fmt::format("this is not the admin port of a gateway: it answered with status {}", answer.status));
  return std::nullopt;
}

int list_servers(const ServersOptions& options) {
  const auto port = find_admin_port(options.admin);
  if (!port) return exit_wrong_input;
  return run_to_end([&](task::Loop& loop) -> Task<int> {
    const HttpAnswer answer = CO_TRY(co_await ask(loop, *port, "/api/servers"));
    const auto rows = rows_of(answer);
    if (!rows) co_return exit_failed;
    if (options.json)
      co_return print_json(std::string_view(answer.body).substr(0, answer.body.find_last_not_of('\n') + 1));
    co_return print(servers_table(rows->root().get_array().value_unsafe()));
  });
}

std::string lines_json(std::string_view text) {
  std::string out = "[";
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (out.size() > 1) out += ',';
    json::append_quoted(out, text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out + ']';
}

Task<int> complain_unknown(task::Loop& loop, const AdminPort& port, const std::string& name) {
  const auto rows = rows_of(CO_TRY(co_await ask(loop, port, "/api/servers")));
  if (!rows) co_return exit_failed;
  std::vector<std::string> names;
  for (const element row : rows->root().get_array().value_unsafe()) names.emplace_back(text_at(row, "name"));
  complain(fmt::format("no server is called `{}`{}", name, suggestion(name, names)));
  co_return exit_wrong_input;
}

bool names_a_server(const std::string& name) {
  if (config::is_server_key(name)) return true;
  complain(fmt::format("`{}` cannot name a server: a name has 1 to 24 of a-z, 0-9 and -", clip(name, 64)));
  return false;
}

int show_logs(const ServersOptions& options) {
  if (!names_a_server(options.name)) return exit_wrong_input;
  const auto port = find_admin_port(options.admin);
  if (!port) return exit_wrong_input;
  return run_to_end([&](task::Loop& loop) -> Task<int> {
    const HttpAnswer answer = CO_TRY(co_await ask(loop, *port, "/api/servers/" + options.name + "/logs"));
    if (answer.status == 0) co_return exit_failed;
    if (answer.status == 404) co_return co_await complain_unknown(loop, *port, options.name);
    if (answer.status != 200) {
      complain(fmt::format("{} answered with status {}", port->url(), answer.status));
      co_return exit_failed;
    }
    if (options.json) co_return print_json(lines_json(answer.body));
    if (answer.body.empty()) print_error("nothing was written to stderr\n");
    co_return print(printable(answer.body));
  });
}

// What GET and POST below /api answer when they refuse; nothing if the answer is none of them.
std::string refusal_in(std::string_view body) {
  if (!json::scan(body, {})) return "";
  const auto dom = json::Dom::parse(body);
  element error;
  if (!dom || dom->root()["error"].get(error) != simdjson::SUCCESS) return "";
  return fmt::format("{} ({})", text_at(error, "message"), text_at(error, "code"));
}

std::string calls_text(element answer) {
  std::int64_t waited = 0;
  std::int64_t cut = 0;
  (void)answer["calls"]["waitedFor"].get(waited);
  (void)answer["calls"]["cut"].get(cut);
  const auto calls = [](std::int64_t count) {
    return fmt::format("{} call{}", count, count == 1 ? "" : "s");
  };
  if (cut > 0) return fmt::format("; {} of {} did not end in time and were cut", cut, calls(waited));
  return waited > 0 ? fmt::format("; {} ended first", calls(waited)) : "";
}

// One line that says what is so now.
std::string outcome(element answer, std::string_view action) {
  const std::string name(text_at(answer, "name"));
  const std::string_view state = text_at(answer, "state");
  bool changed = false;
  (void)answer["changed"].get(changed);
  if (!changed) return fmt::format("{} was {}d already: it is {}\n", name, action, state);
  const std::string what = action == "restart" ? "was restarted" : fmt::format("is {}d", action);
  if (action == "disable") return fmt::format("{} {}{}\n", name, what, calls_text(answer));
  const std::string pid = number_at(answer, "pid");
  return fmt::format("{} {}: {}{}{}\n", name, what, state, pid.empty() ? "" : ", pid " + pid,
                     calls_text(answer));
}

int change_server(const ServersOptions& options, const std::string& action) {
  if (!names_a_server(options.name)) return exit_wrong_input;
  const auto port = find_admin_port(options.admin);
  if (!port) return exit_wrong_input;
  const auto token = admin_token(options.admin, *port);
  if (!token) return exit_wrong_input;
  const std::string headers = fmt::format("Authorization: Bearer {}\r\n", token->reveal());
  return run_to_end([&](task::Loop& loop) -> Task<int> {
    const HttpAnswer answer =
        CO_TRY(co_await ask(loop, *port, fmt::format("/api/servers/{}/{}", options.name, action), &headers));
    if (answer.status == 0) co_return exit_failed;
    if (answer.status == 404) co_return co_await complain_unknown(loop, *port, options.name);
    const std::string refusal = refusal_in(answer.body);
    if (answer.status != 200) {
      complain(refusal.empty() ? fmt::format("{} answered with status {}", port->url(), answer.status)
                               : refusal);
      co_return answer.status == 401 ? exit_wrong_input : exit_failed;
    }
    const auto dom = json::scan(answer.body, {}) ? json::Dom::parse(answer.body) : std::nullopt;
    if (!dom) {
      complain("this is not the admin port of a gateway: its answer is no JSON");
      co_return exit_failed;
    }
    const element root = dom->root();
    const int printed =
        options.json
            ? print_json(std::string_view(answer.body).substr(0, answer.body.find_last_not_of('\n') + 1))
            : print(printable(outcome(root, action)));
    const bool as_wished = text_at(root, "state") == (action == "disable" ? "disabled" : "up");
    if (!as_wished)
      complain(fmt::format("{} is {}: {}", options.name, text_at(root, "state"), last_error(root)));
    co_return as_wished ? printed : exit_failed;
  });
}

void add_flags(CLI::App& command, ServersOptions& options) {
  add_admin_flags(command, options.admin);
  command.add_flag("--json", options.json, "Prints JSON");
}

}  // namespace

void add_servers(CLI::App& app, Action& action) {
  const auto options = std::make_shared<ServersOptions>();
  CLI::App* servers =
      add_command(app, "servers", "Asks a running gateway about its servers", "sallyport servers list");
  CLI::App* list = add_command(*servers, "list", "Who is up or down, since when, and why",
                               "sallyport servers list --admin http://127.0.0.1:8081");
  CLI::App* logs = add_command(*servers, "logs", "The last lines that a server wrote to its stderr",
                               "sallyport servers logs files");
  for (CLI::App* command : {servers, list, logs}) add_flags(*command, *options);
  logs->add_option("NAME", options->name, "The server, as the configuration names it")
      ->required()
      ->type_name("");
  servers->callback([=, &action] {
    if (servers->get_subcommands().empty()) action = [=] { return list_servers(*options); };
  });
  list->callback([=, &action] { action = [=] { return list_servers(*options); }; });
  logs->callback([=, &action] { action = [=] { return show_logs(*options); }; });
  for (const auto& [word, what] :
       {std::pair("restart",
                  "Ends a server after its calls and starts it again; new calls go to the new one"),
        std::pair("disable", "Switches a server off until it is enabled or the gateway restarts"),
        std::pair("enable", "Switches a server on again and starts it")}) {
    CLI::App* command = add_command(*servers, word, what, fmt::format("sallyport servers {} files", word));
    add_flags(*command, *options);
    add_token_flag(*command, options->admin);
    command->add_option("NAME", options->name, "The server, as the configuration names it")
        ->required()
        ->type_name("");
    command->callback([=, &action, action_word = std::string(word)] {
      action = [=] { return change_server(*options, action_word); };
    });
  }
}

}  // namespace sallyport::cli
