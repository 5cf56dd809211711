// `sallyport servers`: who is up and who is not, asked of a running gateway's admin port.
#include "base/durations.hpp"
#include "base/strings.hpp"
#include "commands.hpp"
#include "config/values.hpp"
#include "config_flags.hpp"
#include "http_get.hpp"
#include "json/dom.hpp"
#include "json/scanner.hpp"
#include "output.hpp"
#include "run.hpp"
#include "table.hpp"
#include "user_paths.hpp"

#include <ctime>

#include <fmt/format.h>
#include <unistd.h>

namespace sallyport::cli {
namespace {

using simdjson::dom::element;

constexpr std::chrono::seconds patience{10};

struct ServersOptions {
  ConfigFlags config;
  std::string admin;
  std::string name;
  bool json = false;
};

// Where the admin port is; nothing: the exit code is 2.
std::optional<net::Endpoint> admin_endpoint(const ServersOptions& options) {
  std::string url = options.admin;
  if (url.empty()) {
    config::Config config;
    const bool has_file = options.config.given() || std::filesystem::exists(standard_config());
    if (has_file) {
      auto loaded = load_or_complain(request_for(options.config));
      if (!loaded) return std::nullopt;
      config = std::move(*loaded->config);
    }
    url = config.admin.http.text();
  }
  if (url.find("://") == std::string::npos) url = "http://" + url;
  if (auto endpoint = net::parse_endpoint(url)) return std::move(*endpoint);
  complain(fmt::format("--admin: `{}` is not an http URL, write for example http://127.0.0.1:8081",
                       clip(url, 200)));
  return std::nullopt;
}

std::string base_url(const net::Endpoint& endpoint) {
  return fmt::format("{}://{}", endpoint.tls ? "https" : "http", endpoint.authority());
}

Task<HttpAnswer> ask(task::Loop& loop, const net::Endpoint& endpoint, const std::string& path) {
  const Progress progress(loop, [&] { return "waiting for " + base_url(endpoint); });
  Result<HttpAnswer> answer = co_await task::with_deadline(
      loop.timers(), loop.now() + patience, http_get(loop, endpoint, path), [](const Error&) {
        return Error(Code::network_timeout).with_slot(Slot::seconds, std::int64_t{patience.count()});
      });
  if (answer || answer.error().code() == Code::proto_cancelled) co_return answer;
  complain(
      fmt::format("no gateway answers at {}: start one with `sallyport serve`, or name its admin port with "
                  "--admin\n{}",
                  base_url(endpoint), explain(answer.error())));
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
  if (state == "down") return {"down", Style::red};
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

std::string servers_table(simdjson::dom::array rows) {
  Table table(
      {"SERVER", "STATE", "FOR", "TRANSPORT", "ERA", "PID", "INSTANCES", "RESTARTS", "TOOLS", "LAST ERROR"});
  for (const element row : rows) {
    const std::string_view revision = text_at(row, "revision");
    table.add({{std::string(text_at(row, "name")), Style::bold},
               state_cell(text_at(row, "state")),
               {age(text_at(row, "since"))},
               {std::string(text_at(row, "transport"))},
               {std::string(revision.empty() ? text_at(row, "era") : revision)},
               {number_at(row, "pid")},
               {number_at(row, "instances")},
               {number_at(row, "restarts")},
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
  const auto endpoint = admin_endpoint(options);
  if (!endpoint) return exit_wrong_input;
  return run_to_end([&](task::Loop& loop) -> Task<int> {
    const HttpAnswer answer = CO_TRY(co_await ask(loop, *endpoint, "/api/servers"));
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

Task<int> complain_unknown(task::Loop& loop, const net::Endpoint& endpoint, const std::string& name) {
  const auto rows = rows_of(CO_TRY(co_await ask(loop, endpoint, "/api/servers")));
  if (!rows) co_return exit_failed;
  std::vector<std::string> names;
  for (const element row : rows->root().get_array().value_unsafe()) names.emplace_back(text_at(row, "name"));
  complain(fmt::format("no server is called `{}`{}", name, suggestion(name, names)));
  co_return exit_wrong_input;
}

int show_logs(const ServersOptions& options) {
  if (!config::is_server_key(options.name)) {
    complain(fmt::format("`{}` cannot name a server: a name has 1 to 24 of a-z, 0-9 and -",
                         clip(options.name, 64)));
    return exit_wrong_input;
  }
  const auto endpoint = admin_endpoint(options);
  if (!endpoint) return exit_wrong_input;
  return run_to_end([&](task::Loop& loop) -> Task<int> {
    const HttpAnswer answer = CO_TRY(co_await ask(loop, *endpoint, "/api/servers/" + options.name + "/logs"));
    if (answer.status == 0) co_return exit_failed;
    if (answer.status == 404) co_return co_await complain_unknown(loop, *endpoint, options.name);
    if (answer.status != 200) {
      complain(fmt::format("{} answered with status {}", base_url(*endpoint), answer.status));
      co_return exit_failed;
    }
    if (options.json) co_return print_json(lines_json(answer.body));
    if (answer.body.empty()) print_error("nothing was written to stderr\n");
    co_return print(printable(answer.body));
  });
}

void add_flags(CLI::App& command, ServersOptions& options) {
  add_config_flags(command, options.config);
  command.add_option("--admin", options.admin, "The gateway's admin port (default: as configured)")
      ->type_name("URL");
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
}

}  // namespace sallyport::cli
