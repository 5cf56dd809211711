#include "config/keys.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace sallyport::config {
namespace {

template <class Member>
Config& owner(Scope& scope, Member Config::*) {
  return *scope.config;
}
template <class Member>
Server& owner(Scope& scope, Member Server::*) {
  return *scope.server;
}

template <class Member>
recovery::Rule& owner(Scope& scope, Member recovery::Rule::*) {
  return *scope.rule;
}

template <class Member>
FaultRule& owner(Scope& scope, Member FaultRule::*) {
  return *scope.fault;
}

// to<&Config::timeouts, &Timeouts::tool>
template <auto First, auto... Rest>
Slot to(Scope& scope) {
  return &((owner(scope, First).*First).*....*Rest);
}

constexpr std::string_view v01 = "0.1";
constexpr std::string_view later = "";  // nothing in Sallyport parses and does nothing

constexpr std::uint64_t ms_per_day = 86'400'000;
constexpr std::uint64_t million = 1'000'000;
constexpr std::uint64_t gib = 1024 * mib;
constexpr std::string_view revisions = "auto|2024-11-05|2025-03-26|2025-06-18|2025-11-25|2026-07-28";

using C = Config;
using S = Server;
using R = recovery::Rule;
using M = recovery::Match;
using F = FaultRule;
using I = client::FaultRule;

// clang-format off
constexpr std::array table{
    Key{"version", Type::integer, v01, "1", "The version of this file's format.", to<&C::version>, 1, 1},

    Key{"listen", Type::section, v01, "", "Where agents connect."},
    Key{"listen.http", Type::addresses, v01, "127.0.0.1:8080", "Where Streamable HTTP is served, `/mcp` for all servers, `/mcp/{server}` for one: an address, `unix:/path`, or a list of them.", to<&C::listen, &Listen::http>},
    Key{"listen.tls", Type::section, v01, "", "TLS on the TCP addresses of `listen.http`. The files are read again when they change, and on SIGHUP."},
    Key{"listen.tls.cert", Type::path, v01, "", "A PEM file: the certificate, then those between it and the root.", to<&C::listen, &Listen::tls, &Tls::cert>},
    Key{"listen.tls.key", Type::path, v01, "", "A PEM file: its private key, without a passphrase.", to<&C::listen, &Listen::tls, &Tls::key>},
    Key{"listen.tls.client_ca", Type::path, v01, "", "A PEM file of authorities: only clients that show a certificate of theirs are let in.", to<&C::listen, &Listen::tls, &Tls::client_ca>},
    Key{"listen.allowed_origins", Type::origins, v01, "[]", "Web origins that may call besides those of loopback, as `https://app.example`.", to<&C::listen, &Listen::allowed_origins>},
    Key{"listen.allowed_hosts", Type::hosts, v01, "[]", "Values of the Host header that are accepted besides those that name the listener itself.", to<&C::listen, &Listen::allowed_hosts>},
    Key{"listen.anonymous", Type::boolean, v01, "false", "Says that a listener beyond loopback may serve callers who do not identify themselves.", to<&C::listen, &Listen::anonymous>},
    Key{"listen.legacy_sse", Type::boolean, v01, "false", "Serves the HTTP+SSE transport of 2024-11-05 too, for clients that know no other: `/sse` and `/messages`, `/sse/{server}` for one server.", to<&C::listen, &Listen::legacy_sse>},
    Key{"listen.behind_tls_proxy", Type::boolean, v01, "false", "Says that a proxy in front of a listener beyond loopback speaks TLS.", to<&C::listen, &Listen::behind_tls_proxy>},
    Key{"listen.trusted_proxies", Type::proxies, v01, "[]", "Proxies whose word counts about whom they forward for, in `Forwarded` or `X-Forwarded-For`: IP addresses, ranges as `10.0.0.0/8`, and `unix` for whoever may connect to a Unix socket.", to<&C::listen, &Listen::trusted_proxies>},

    Key{"health", Type::section, v01, "", "A listener for `/healthz` and `/readyz` alone, for a kubelet or a load balancer."},
    Key{"health.http", Type::address, v01, "", "Its address, beyond loopback too; without one there is no such listener.", to<&C::health, &Health::http>},
    Key{"admin", Type::section, v01, "", "The operator's own port, never the one of agents."},
    Key{"admin.http", Type::address, v01, "127.0.0.1:8081", "The address of health, metrics and the admin API.", to<&C::admin, &Admin::http>},
    Key{"admin.token", Type::token, v01, "", "What writes to the admin API need, as `${file:/run/secrets/admin}`; without one the gateway makes one, see [operations](operations.md#writes).", to<&C::admin, &Admin::token>},

    Key{"servers", Type::servers, v01, "", "The MCP servers behind the gateway, by a name of `[a-z0-9-]{1,24}`; the order decides who keeps what two of them claim."},
    Key{"servers.*", Type::section, v01, "", "One server: a child process (`command`) or an HTTP endpoint (`url`)."},
    Key{"servers.*.command", Type::text, v01, "", "The program of a stdio server; looked up in PATH, run without a shell.", to<&S::command>},
    Key{"servers.*.args", Type::arguments, v01, "[]", "Its arguments. Anybody on the machine can read them: secrets belong into `env`.", to<&S::args>},
    Key{"servers.*.env", Type::environment, v01, "{}", "Variables that it gets besides PATH, HOME, USER, LOGNAME, SHELL, TERM, LANG, LC_*, TZ and TMPDIR.", to<&S::env>},
    Key{"servers.*.cwd", Type::path, v01, "", "The directory it starts in; by default the gateway's own.", to<&S::cwd>},
    Key{"servers.*.url", Type::url, v01, "", "The endpoint of a Streamable HTTP server, or the `/sse` of one that speaks HTTP+SSE, the transport of 2024-11-05; which, is found out.", to<&S::url>},
    Key{"servers.*.headers", Type::headers, v01, "{}", "Header fields of every request to it, credentials among them.", to<&S::headers>},
    Key{"servers.*.ca", Type::path, v01, "", "A PEM file of certificate authorities to trust instead of the system's.", to<&S::ca>},
    Key{"servers.*.proxy", Type::any, later, "", "A proxy on the way to it."},
    Key{"servers.*.protocol", Type::choice, v01, "auto", "The revision of MCP to speak with it; `auto` finds out.", to<&S::protocol>, 0, 0, revisions},
    Key{"servers.*.isolation", Type::choice, v01, "auto", "Who shares one process or connection of it: all callers, those of one principal, or nobody but one session. `auto` is `shared` for a stdio server and `session` for an HTTP one of 2025-11-25 or older; later ones have no sessions.", to<&S::isolation>, 0, 0, "auto|shared|principal|session"},
    Key{"servers.*.fallback", Type::text, v01, "", "The server that is asked instead when this one fails, for calls that did not run or may be repeated; it has tools of the same names.", to<&S::fallback>},
    Key{"servers.*.prefix", Type::prefix, v01, "", "Tools show as `{server}__{tool}`; the empty text shows them under their own names.", to<&S::prefix>},
    Key{"servers.*.refuses_with", Type::statuses, v01, "[]", "HTTP statuses by which it says that it did not run a call.", to<&S::refuses_with>, 400, 599},
    Key{"servers.*.tools", Type::section, v01, "", "Which of its tools are shown, how, and what may be done with them. Tools are named as the server names them."},
    Key{"servers.*.tools.allow", Type::patterns, v01, "[\"*\"]", "Tools that are shown and may be called; `*` stands for any text, `?` for one character.", to<&S::tools, &ToolRules::allow>},
    Key{"servers.*.tools.deny", Type::patterns, v01, "[]", "Tools that do not exist for callers; wins over `allow`.", to<&S::tools, &ToolRules::deny>},
    Key{"servers.*.tools.idempotent", Type::patterns, v01, "[]", "Tools that may be called again although the first call may have run.", to<&S::tools, &ToolRules::idempotent>},
    Key{"servers.*.tools.read_only", Type::patterns, v01, "[]", "Tools that change nothing, and may be called again for that reason.", to<&S::tools, &ToolRules::read_only>},
    Key{"servers.*.tools.timeout", Type::tool_durations, v01, "{}", "Time limits of single tools, instead of `timeouts.tool`.", to<&S::tools, &ToolRules::timeout>, 1, ms_per_day},
    Key{"servers.*.tools.rename", Type::tool_names, v01, "{}", "Names that single tools show instead of their own; the prefix still comes before them.", to<&S::tools, &ToolRules::rename>},
    Key{"servers.*.tools.describe", Type::tool_texts, v01, "{}", "Descriptions that single tools show instead of their own.", to<&S::tools, &ToolRules::describe>},
    Key{"servers.*.trusted", Type::boolean, v01, "false", "Believe what the server says about its tools (`readOnlyHint`, `idempotentHint`).", to<&S::trusted>},
    Key{"servers.*.validate", Type::choice, v01, "shadow", "What is done about arguments of a call that do not fit the tool's `inputSchema`: `enforce` refuses them (TOOL_003) before the server is asked, `shadow` counts and logs them and lets them pass, `off` looks at none.", to<&S::validate>, 0, 0, "enforce|shadow|off"},
    Key{"servers.*.guardrails", Type::any, later, "", "The guardrail policy of this server."},
    Key{"servers.*.stateful", Type::any, later, "", "Says that a lost session cannot be replaced by a new one."},
    Key{"servers.*.roots", Type::boolean, v01, "false", "Lets it ask callers for their roots; some servers take them for all that they may touch.", to<&S::roots>},
    Key{"servers.*.pins", Type::any, later, "", "Holds tool definitions to the approved ones."},

    Key{"expose", Type::section, v01, "", "How tools are shown to agents."},
    Key{"expose.mode", Type::choice, v01, "flat", "`flat` lists every tool.", nullptr, 0, 0, "flat", "search"},
    Key{"expose.separator", Type::separator, v01, "__", "What stands between the server's name and the tool's.", to<&C::expose, &Expose::separator>},
    Key{"expose.max_name", Type::integer, v01, "48", "The greatest length of a name with its prefix; longer ones are cut and get a hash. Clients add a prefix of their own to a budget of 60 to 64.", to<&C::expose, &Expose::max_name>, 32, 128},
    Key{"expose.keep_listed", Type::duration, v01, "1h", "How long the tools of a server that went down stay listed.", to<&C::expose, &Expose::keep_listed>, 0, 30 * ms_per_day},

    Key{"auth", Type::any, later, "", "Who may call."},
    Key{"policy", Type::any, later, "", "Who may call which tool with which arguments."},
    Key{"guardrails", Type::any, later, "", "What is looked for in arguments and results."},

    Key{"timeouts", Type::section, v01, "", "How long things may take."},
    Key{"timeouts.tool", Type::duration, v01, "55s", "A tool call, without progress. Official clients give up at 60 s.", to<&C::timeouts, &Timeouts::tool>, 1, ms_per_day},
    Key{"timeouts.tool_max", Type::duration, v01, "10m", "A tool call, however much progress its server reports.", to<&C::timeouts, &Timeouts::tool_max>, 1, ms_per_day},
    Key{"timeouts.start", Type::duration, v01, "120s", "A server from its start to its first answer.", to<&C::timeouts, &Timeouts::start>, 1, ms_per_day},
    Key{"timeouts.first_list", Type::duration, v01, "10s", "How long the first list waits for servers that are starting.", to<&C::timeouts, &Timeouts::first_list>, 0, ms_per_day},
    Key{"timeouts.discovery", Type::duration, v01, "20s", "Asking a server for its tools.", to<&C::timeouts, &Timeouts::discovery>, 1, ms_per_day},
    Key{"timeouts.guardrail", Type::any, later, "", "A guardrail check."},
    Key{"timeouts.auth", Type::any, later, "", "An identity check."},
    Key{"timeouts.connect", Type::duration, v01, "5s", "Opening a connection, TLS included.", to<&C::timeouts, &Timeouts::connect>, 1, ms_per_day},
    Key{"timeouts.shutdown", Type::duration, v01, "25s", "How long calls in flight may finish after SIGTERM.", to<&C::timeouts, &Timeouts::shutdown>, 0, ms_per_day},

    Key{"recovery", Type::rules, v01, "[]", "What is done about failures: the first rule that fits counts, and without one the default of each code (docs/errors.md).", to<&C::recovery>},
    Key{"recovery.*", Type::section, v01, "", "One rule."},
    Key{"recovery.*.match", Type::section, v01, "", "Which failures it is about; what is left out holds for all."},
    Key{"recovery.*.match.code", Type::text, v01, "", "A code, or a pattern for some: `NET_*`.", to<&R::match, &M::code>},
    Key{"recovery.*.match.family", Type::choice, v01, "", "A family of codes.", to<&R::match, &M::family>, 0, 0, "AUTH|GUARD|TOOL|DISC|CONFIG|NET|SYS|TELEM|CACHE|PROTO|LIMIT|RECOVERY|POLICY"},
    Key{"recovery.*.match.kind", Type::text, v01, "", "A kind, or a pattern for some: `NETWORK_TRANSPORT_*`.", to<&R::match, &M::kind>},
    Key{"recovery.*.match.operation", Type::choice, v01, "", "What failed: a tool call, reading a server's lists; `none`: prompts, resources and completion.", to<&R::match, &M::operation>, 0, 0, "none|tool_call|discovery|guardrail|auth|cache|telemetry"},
    Key{"recovery.*.match.server", Type::text, v01, "", "A server, or a pattern for some.", to<&R::match, &M::server>},
    Key{"recovery.*.match.tool", Type::text, v01, "", "A tool as its server names it, or a pattern for some.", to<&R::match, &M::tool>},
    Key{"recovery.*.match.direction", Type::choice, v01, "", "For `fail_open`: what the guardrail looked at.", to<&R::match, &M::direction>, 0, 0, "input|output"},
    Key{"recovery.*.match.detector", Type::text, v01, "", "For `fail_open`: the detector that could not be asked.", to<&R::match, &M::detector>},
    Key{"recovery.*.strategy", Type::choice, v01, "", "What is done.", to<&R::strategy>, 0, 0, "retry|fallback|fail_open|fail_closed|escalate|ignore"},
    Key{"recovery.*.attempts", Type::integer, v01, "3", "`retry`: how often a call is tried at most, the first time counted.", to<&R::attempts>, 2, 20},
    Key{"recovery.*.base", Type::duration, v01, "100ms", "`retry`: the longest pause before the second attempt; it doubles with each, and each pause is a random part of it.", to<&R::base>, 1, 60'000},
    Key{"recovery.*.max", Type::duration, v01, "2s", "`retry`: no pause is longer, unless the server asks for one.", to<&R::max>, 1, 600'000},
    Key{"recovery.*.attempt", Type::duration, v01, "", "`retry`: how long one attempt may take of calls that may be repeated; without it, all that is left of the call's time.", to<&R::attempt>, 1, ms_per_day},

    Key{"limits", Type::section, v01, "", "Bounds on what callers and servers may use."},
    Key{"limits.rate", Type::rate, v01, "", "Requests of one caller; by default without limit.", to<&C::limits, &Limits::rate>, 1, million},
    Key{"limits.per", Type::choice, v01, "key", "What one caller is for `rate`: a key, or an address.", to<&C::limits, &Limits::per>, 0, 0, "key|source"},
    Key{"limits.source", Type::rate, v01, "50/s", "Requests of one address, before anything else is looked at; loopback is exempt unless this is written.", to<&C::limits, &Limits::source>, 1, million},
    Key{"limits.concurrency", Type::integer, v01, "64", "Calls in flight at one server; beyond it a call is refused at once.", to<&C::limits, &Limits::concurrency>, 1, million},
    Key{"limits.adaptive_concurrency", Type::boolean, v01, "false", "Lets fewer calls through to a server that says that it is overloaded (429, 503), and more again while it does not; `limits.concurrency` stays the most.", to<&C::limits, &Limits::adaptive_concurrency>},
    Key{"limits.buffered", Type::size, v01, "512MiB", "Bytes of requests and results that are held in memory, all together.", to<&C::limits, &Limits::buffered>, mib, 1024 * gib},
    Key{"limits.request", Type::size, v01, "4MiB", "One request.", to<&C::limits, &Limits::request>, 256, gib},
    Key{"limits.response", Type::size, v01, "64MiB", "One answer of an HTTP server.", to<&C::limits, &Limits::response>, 256, gib},
    Key{"limits.stdio_line", Type::size, v01, "64MiB", "One line of a stdio server.", to<&C::limits, &Limits::stdio_line>, 256, gib},
    Key{"limits.depth", Type::integer, v01, "64", "Levels of nesting in one JSON message.", to<&C::limits, &Limits::depth>, 8, 1024},
    Key{"limits.keys", Type::integer, v01, "10000", "Keys in one JSON message.", to<&C::limits, &Limits::keys>, 16, million},
    Key{"limits.children", Type::integer, v01, "64", "Child processes.", to<&C::limits, &Limits::children>, 1, 4096},
    Key{"limits.instances", Type::integer, v01, "1000", "Processes and connections that one principal has of servers that are isolated (`servers.*.isolation`), all of them together.", to<&C::limits, &Limits::instances>, 1, million},
    Key{"limits.streams", Type::integer, v01, "1000", "Open event streams.", to<&C::limits, &Limits::streams>, 1, million},
    Key{"limits.subscriptions", Type::integer, v01, "100", "Resources whose updates one session, stdio connection or `subscriptions/listen` asks for.", to<&C::limits, &Limits::subscriptions>, 1, 10000},
    Key{"limits.tasks", Type::integer, v01, "1000", "Calls of one caller that go on as tasks of servers; of all callers ten times as many.", to<&C::limits, &Limits::tasks>, 1, 100000},

    Key{"retry_budget", Type::section, v01, "", "How many calls to one server may be tried again, so that retries do not keep down a server that is overloaded."},
    Key{"retry_budget.share", Type::share, v01, "0.2", "This part of the calls that are made may be tried again; what those of the last 10 s left is saved up.", to<&C::retry_budget, &RetryBudget::share>},
    Key{"retry_budget.floor", Type::rate, v01, "10/10s", "And so many besides, for servers that are seldom called.", to<&C::retry_budget, &RetryBudget::floor>, 0, million},
    Key{"breaker", Type::section, v01, "", "When a server that fails is left alone: calls are then refused at once until it has answered a question of the gateway's own."},
    Key{"breaker.failures", Type::integer, v01, "5", "Failures within `window` that open it, more than answers made up for; up to four times as many of a busy server; at most half of them from one caller: who fails alone is refused alone.", to<&C::breaker, &Breaker::failures>, 2, 1000},
    Key{"breaker.window", Type::duration, v01, "30s", "How long a failure counts.", to<&C::breaker, &Breaker::window>, 1, ms_per_day},
    Key{"breaker.open", Type::duration, v01, "10s", "The time before the server is asked whether it works again, and between two such questions.", to<&C::breaker, &Breaker::open>, 1, ms_per_day},

    Key{"sessions", Type::section, v01, "", "Sessions of clients that speak 2025-11-25 or older."},
    Key{"sessions.idle", Type::duration, v01, "30m", "How long an unused session lives.", to<&C::sessions, &Sessions::idle>, 1, 30 * ms_per_day},
    Key{"sessions.total", Type::integer, v01, "10000", "Sessions in all.", to<&C::sessions, &Sessions::total>, 1, million},
    Key{"sessions.per_principal", Type::integer, v01, "1000", "Sessions of one caller.", to<&C::sessions, &Sessions::per_principal>, 1, million},

    Key{"stream", Type::section, v01, "", "When an answer becomes an event stream."},
    Key{"stream.after", Type::duration, v01, "5s", "How long an answer is awaited before the event stream begins.", to<&C::stream, &Stream::after>, 0, ms_per_day},
    Key{"stream.keepalive", Type::duration, v01, "15s", "The pause between comments that keep a quiet stream open.", to<&C::stream, &Stream::keepalive>, 1, ms_per_day},

    Key{"suspended", Type::section, v01, "", "Calls that wait for an answer of their client or its user."},
    Key{"suspended.total", Type::integer, v01, "1000", "Calls of clients of 2026-07-28 that wait here, because an older server asked something, in all.", to<&C::suspended, &Suspended::total>, 1, million},
    Key{"suspended.per_principal", Type::integer, v01, "16", "Such calls of one caller.", to<&C::suspended, &Suspended::per_principal>, 1, million},
    Key{"suspended.bytes", Type::size, v01, "64MiB", "Bytes of such calls, and of answers that are kept for clients that lost them.", to<&C::suspended, &Suspended::bytes>, 1024, gib},
    Key{"suspended.expiry", Type::duration, v01, "10m", "How long an answer is awaited.", to<&C::suspended, &Suspended::expiry>, 1, ms_per_day},

    Key{"events", Type::section, v01, "", "What is kept of event streams for clients of 2025-11-25 or older that lost their connection and come back."},
    Key{"events.per_session", Type::integer, v01, "256", "Events of one session.", to<&C::events, &Events::per_session>, 1, 10000},
    Key{"events.bytes", Type::size, v01, "4MiB", "Bytes of the events of one session; all sessions together keep at most a quarter of `limits.buffered`.", to<&C::events, &Events::bytes>, 1024, gib},
    Key{"events.keep", Type::duration, v01, "60s", "How long an event is kept.", to<&C::events, &Events::keep>, 1, ms_per_day},

    Key{"egress", Type::any, later, "", "Where URLs that servers name may lead."},
    Key{"monitor", Type::section, v01, "", "How many failures of one code within a window are an alert, by the severity of the code (docs/errors.md). What callers can cause at will never is."},
    Key{"monitor.window", Type::duration, v01, "5m", "How long a failure counts.", to<&C::monitor, &Monitor::window>, 1000, ms_per_day},
    Key{"monitor.critical", Type::integer, v01, "1", "Failures of a critical code; 0: no number of them is an alert.", to<&C::monitor, &Monitor::critical>, 0, million},
    Key{"monitor.high", Type::integer, v01, "5", "The same of a code of high severity.", to<&C::monitor, &Monitor::high>, 0, million},
    Key{"monitor.medium", Type::integer, v01, "10", "Of medium severity.", to<&C::monitor, &Monitor::medium>, 0, million},
    Key{"monitor.low", Type::integer, v01, "50", "Of low severity.", to<&C::monitor, &Monitor::low>, 0, million},
    Key{"escalate", Type::section, v01, "", "Who is told of alerts besides the log."},
    Key{"escalate.webhook", Type::secret_url, v01, "", "A URL that gets each as a POST of JSON; https, or http on loopback. It may hold a secret: it is never shown.", to<&C::escalate, &Escalate::webhook>},
    Key{"escalate.syslog", Type::receiver, v01, "", "A receiver of RFC 5424 datagrams: a UDP address, or a Unix socket as `unix:/dev/log`.", to<&C::escalate, &Escalate::syslog>},
    Key{"escalate.otlp", Type::boolean, v01, "false", "Sends each as the event `sallyport.alert` to the collector of `telemetry.otlp`.", to<&C::escalate, &Escalate::otlp>},
    Key{"escalate.quarantine", Type::boolean, v01, "false", "Switches a server off when a rule of `recovery` escalates a failure of it, until `sallyport servers enable`.", to<&C::escalate, &Escalate::quarantine>},
    Key{"escalate.window", Type::duration, v01, "5m", "Of one code and server the first alert is told at once, and the count of the others when this has passed.", to<&C::escalate, &Escalate::window>, 1000, ms_per_day},
    Key{"audit", Type::section, v01, "", "The trail of what was called."},
    Key{"audit.file", Type::path, v01, "", "The file that gets a record of every call, chained by hashes; made with mode 0600, one gateway a file.", to<&C::audit, &Audit::file>},
    Key{"audit.on_failure", Type::choice, v01, "continue", "What happens to calls while no record can be written: they go on and are counted, or are refused before they run.", to<&C::audit, &Audit::on_failure>, 0, 0, "continue|refuse"},
    Key{"threads", Type::integer, v01, "1", "Threads of the data plane.", to<&C::threads>, 1, 1},
    Key{"faults", Type::rules, v01, "[]", "Failures that are injected on purpose, for a rehearsal; refused without `--allow-faults`. Of several rules the first that strikes counts. `initialize` is left alone.", to<&C::faults>},
    Key{"faults.*", Type::section, v01, "", "One rule."},
    Key{"faults.*.server", Type::text, v01, "", "A server, or a pattern for some; without it, all.", to<&F::rule, &I::server>},
    Key{"faults.*.method", Type::text, v01, "", "A method of MCP, or a pattern for some: `tools/list`; without it and `tool`, every request to the server, its probes too.", to<&F::rule, &I::method>},
    Key{"faults.*.tool", Type::text, v01, "", "A tool as its server names it, or a pattern for some: only calls of it.", to<&F::rule, &I::tool>},
    Key{"faults.*.percent", Type::integer, v01, "100", "How many of these requests are struck.", to<&F::rule, &I::percent>, 1, 100},
    Key{"faults.*.seed", Type::integer, v01, "0", "Another one strikes other requests; the same one the same.", to<&F::rule, &I::seed>, 0, std::numeric_limits<std::uint32_t>::max()},
    Key{"faults.*.fault", Type::choice, v01, "", "What happens to them, see [operations](operations.md#rehearse-failures).", to<&F::rule, &I::fault>, 0, 0, "delay|slow|error|http|reset_before|reset_after|truncate|garble|missing|duplicate|crash|defect"},
    Key{"faults.*.time", Type::duration, v01, "", "`delay`: how much later the answer comes. `slow`: the pause before each 64 bytes of it.", to<&F::rule, &I::time>, 1, ms_per_day},
    Key{"faults.*.status", Type::integer, v01, "503", "`http`: the status.", to<&F::rule, &I::status>, 400, 599},
    Key{"faults.*.headers", Type::headers, v01, "{}", "`http`: header fields besides, `retry-after` for example.", to<&F::headers>},
    Key{"faults.*.code", Type::error_code, v01, "-32603", "`error`: the JSON-RPC code.", to<&F::rule, &I::code>},
    Key{"faults.*.message", Type::text, v01, "An injected error", "`error`: its message.", to<&F::rule, &I::message>},
    Key{"compat", Type::any, later, "", "Shapes of other gateways."},
    Key{"state", Type::section, v01, "", "What outlives the gateway's process."},
    Key{"state.seal_keys", Type::seal_keys, v01, "[]", "Keys that seal what clients of 2026-07-28 bring back (`requestState`): one, or two while they are exchanged. The first seals, both open; gateways that share them open each other's. Without any the gateway keeps one of its own beside its admin token.", to<&C::state, &State::seal_keys>},
    Key{"state.sqlite", Type::any, later, "", "Where state is kept."},

    Key{"telemetry", Type::section, v01, "", "What the gateway says about itself."},
    Key{"telemetry.otlp", Type::section, v01, "", "Where traces, metrics and log lines are sent: a collector's URL, or a map of what follows.", nullptr, 0, 0, {}, {}, "endpoint"},
    Key{"telemetry.otlp.endpoint", Type::url, v01, "", "The collector, by OTLP over HTTP with JSON; `/v1/traces`, `/v1/metrics` and `/v1/logs` are added.", to<&C::telemetry, &Telemetry::otlp, &Otlp::endpoint>},
    Key{"telemetry.otlp.headers", Type::headers, v01, "{}", "Header fields of every report, credentials among them.", to<&C::telemetry, &Telemetry::otlp, &Otlp::headers>},
    Key{"telemetry.otlp.ca", Type::path, v01, "", "A PEM file of certificate authorities to trust instead of the system's.", to<&C::telemetry, &Telemetry::otlp, &Otlp::ca>},
    Key{"telemetry.otlp.interval", Type::duration, v01, "60s", "The time between two reports of metrics.", to<&C::telemetry, &Telemetry::otlp, &Otlp::interval>, 1000, ms_per_day},
    Key{"telemetry.developer_text", Type::boolean, v01, "false", "Puts text that others wrote on spans and into logs at info.", to<&C::telemetry, &Telemetry::developer_text>},
    Key{"telemetry.log", Type::section, v01, "", "The log, on stderr."},
    Key{"telemetry.log.level", Type::choice, v01, "info", "The least important lines that are written.", to<&C::telemetry, &Telemetry::log, &Log::level>, 0, 0, "trace|debug|info|warn|error"},
    Key{"telemetry.log.format", Type::choice, v01, "auto", "`auto` is text on a terminal, else JSON.", to<&C::telemetry, &Telemetry::log, &Log::format>, 0, 0, "auto|text|json"},
};
// clang-format on

// The words of each Type, in the order of its enumerators.
constexpr std::array words{
    TypeWords{"anything", "", ""},
    TypeWords{"a section", "a section is a map of keys", ""},
    TypeWords{"a map of servers", "each server is a name and a map of its keys", ""},
    TypeWords{"a list of rules", "each rule is a map of its keys", ""},
    TypeWords{"a boolean", "a boolean is `true` or `false`, without quotes", "true"},
    TypeWords{"an integer", "an integer is written in digits, without quotes", "64"},
    TypeWords{"a duration", "a duration is a whole number with a unit (ms, s, m, h, d)", "55s"},
    TypeWords{"a size", "a size is a whole number with a unit (B, KiB, MiB, GiB)", "64MiB"},
    TypeWords{"a rate", "a rate is a number per time", "100/s"},
    TypeWords{"a share", "a share is a number from 0 to 1", "0.2"},
    TypeWords{"an address", "an address is an IP address or localhost, a colon and a port", "127.0.0.1:8080"},
    TypeWords{"an address or a list of them",
              "an address is an IP address or localhost, a colon and a port; or unix:/path",
              "127.0.0.1:8080"},
    TypeWords{"a receiver", "a receiver is an IP address or localhost, a colon and a port; or unix:/path",
              "unix:/dev/log"},
    TypeWords{"a choice", "only these words are known", ""},
    TypeWords{"a text", "a text is one line that is not empty", "npx"},
    TypeWords{"a path", "a path is a text that is not empty", "/srv/data"},
    TypeWords{"a URL", "a URL begins with http:// or https:// and names a host", "https://host.example/mcp"},
    TypeWords{"a secret URL", "a URL begins with http:// or https:// and names a host",
              "${file:/run/secrets/webhook}"},
    TypeWords{"a token",
              "a token has 16 to 512 of A-Z a-z 0-9 - . _ ~ + / =", "${file:/run/secrets/sallyport-admin}"},
    TypeWords{"a separator", "tool names are made of A-Z a-z 0-9 _ and -, so it has 1 to 8 of these", "__"},
    TypeWords{"a prefix", "the prefix is the server's name; the one other choice is none", "\"\""},
    TypeWords{"a list of arguments", "each argument is a text", "[-y, some-server]"},
    TypeWords{"a map of variables", "each variable is a name and a text", "{LOG: info}"},
    TypeWords{"a map of header fields", "each field is a name and a text",
              "{authorization: \"Bearer ${TOKEN}\"}"},
    TypeWords{"a list of origins", "an origin is scheme://host, with a port if it has one",
              "[\"https://app.example\"]"},
    TypeWords{"a list of hosts", "a host is a name or an address, with a port if it has one",
              "[gateway.example]"},
    TypeWords{"a list of proxies", "a proxy is an IP address, a range of them (10.0.0.0/8), or `unix`",
              "[10.0.0.0/8]"},
    TypeWords{"a list of tool patterns", "a pattern is a tool's name with * and ? for what varies",
              "[\"find_*\"]"},
    TypeWords{"a list of HTTP statuses", "a status that refuses is 400 to 599", "[503]"},
    TypeWords{"a list of keys", "a key is 64 hexadecimal digits, or base64 of 32 bytes",
              "[\"${file:/run/secrets/seal-key}\"]"},
    TypeWords{"a JSON-RPC error code", "a code is a whole number of at most 32 bits", "-32603"},
    TypeWords{"a map of tools and durations", "each tool has a duration", "{slow_one: 5m}"},
    TypeWords{"a map of tools and names", "each tool has the name to show", "{old_name: new_name}"},
    TypeWords{"a map of tools and texts", "each tool has the description to show",
              "{some_tool: What it does.}"},
};
static_assert(words.size() == static_cast<std::size_t>(Type::tool_texts) + 1);

}  // namespace

std::span<const Key> keys() noexcept {
  return table;
}

const Key* find_key(std::string_view path) noexcept {
  const auto found = std::ranges::find(table, path, &Key::path);
  return found == table.end() ? nullptr : &*found;
}

std::vector<std::string> names_below(std::string_view section) {
  std::vector<std::string> names;
  for (const Key& key : table) {
    const std::size_t dot = key.path.rfind('.');
    const std::string_view parent = dot == std::string_view::npos ? "" : key.path.substr(0, dot);
    if (parent == section && key.enforced() && key.name() != "*") names.emplace_back(key.name());
  }
  return names;
}

std::vector<std::string> split_choices(std::string_view choices) {
  std::vector<std::string> list;
  while (!choices.empty()) {
    const std::size_t bar = choices.find('|');
    list.emplace_back(choices.substr(0, bar));
    choices = bar == std::string_view::npos ? std::string_view() : choices.substr(bar + 1);
  }
  return list;
}

const TypeWords& describe(Type type) noexcept {
  return words[static_cast<std::size_t>(type)];
}

}  // namespace sallyport::config
