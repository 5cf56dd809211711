#include "server/bearer.hpp"

#include "base/strings.hpp"
#include "errors/authored.hpp"
#include "errors/tool_errors.hpp"
#include "server/json.hpp"
#include "task/group.hpp"
#include "telemetry/log.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <ranges>

namespace sallyport::server {
namespace {

constexpr std::string_view well_known = "/.well-known/oauth-protected-resource";
constexpr std::string_view endpoint = "/mcp";
constexpr std::chrono::seconds patience{10};
constexpr std::size_t max_name = 256;
constexpr std::size_t max_scopes = 1000;
constexpr std::size_t max_claims = 16 << 10;

bool is_visible(char c) {
  return c > 0x20 && c < 0x7f && c != '"' && c != '\\';
}

bool is_url(std::string_view text) {
  return (text.starts_with("https://") || text.starts_with("http://")) &&
         std::ranges::all_of(text, is_visible) && !text.contains('#');
}

// The token of `Authorization: Bearer TOKEN`; empty: it is none.
std::string_view token_of(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  if (!starts_with_icase(authorization, scheme)) return {};
  const std::string_view token = trim(authorization.substr(scheme.size()));
  return std::ranges::all_of(token, is_visible) ? token : std::string_view();
}

// Where a path begins in a URL.
std::size_t path_of(std::string_view url) {
  return std::min(url.find('/', url.find("://") + 3), url.size());
}

Error refusal(Error error) {
  if (error.code() == Code::proto_cancelled || error.row().family == Family::auth)
    return std::move(error.with_executed(Executed::no));
  const bool denied = error.authored() && error.authored()->error_class == ErrorClass::authorization_error;
  return Error(denied ? Code::auth_insufficient_permissions : Code::auth_provider_error)
      .with_executed(Executed::no)
      .with_cause(std::move(error));
}

// What is wrong with what the author's function gave; empty: nothing.
std::string_view flaw_of(const Identity& found) {
  if (found.name.empty() || found.name.size() > max_name || found.name == "anonymous")
    return "the name of an identity has 1 to 256 bytes, and is not anonymous";
  if (found.scopes.size() > max_scopes) return "an identity has at most 1000 scopes";
  if (!found.claims.is_null() && (!found.claims.is_object() || found.claims.text().size() > max_claims))
    return "the claims of an identity are an object of at most 16 KiB";
  return {};
}

// Those that every request needs, and those that this one needed beside them.
std::string scopes_for(const ResourceServer& resource, const Error& refused) {
  std::string all;
  for (const std::string& scope : resource.scopes) all.append(all.empty() ? "" : " ").append(scope);
  const auto needed = std::ranges::find(refused.extras(), transport::needed_scopes_key, &Extra::key);
  const auto* const names =
      needed == refused.extras().end() ? nullptr : std::get_if<std::string>(&needed->value);
  if (!names) return all;
  for (const auto each : std::views::split(*names, ' '))
    if (const std::string_view scope(each);
        std::ranges::find(resource.scopes, scope) == resource.scopes.end())
      all.append(all.empty() ? "" : " ").append(scope);
  return all;
}

Json list(const std::vector<std::string>& texts) {
  Json all = Json::array();
  for (const std::string& each : texts) all.push_back(each);
  return all;
}

}  // namespace

void check_resource_server(const ResourceServer& resource) {
  const auto check = [](bool good, const std::string& what, const std::string& rule) {
    if (!good) throw ToolDefinitionError("'" + what + "' is no " + rule);
  };
  if (!resource.resource.empty())
    check(is_url(resource.resource), resource.resource, "URL of a resource: http or https, without fragment");
  for (const std::string& url : resource.authorization_servers)
    check(is_url(url), url, "URL of an authorization server: http or https, without fragment");
  for (const std::string& scope : resource.scopes)
    check(is_scope(scope), scope, "scope (RFC 6749 section 3.3)");
}

Bearer::Bearer(task::Loop& loop, Authenticate authenticate, ResourceServer resource, std::string_view scheme)
    : loop_(&loop), authenticate_(std::move(authenticate)), resource_(std::move(resource)), scheme_(scheme) {}

std::string Bearer::resource_of(const net::RequestHead& head) const {
  if (!resource_.resource.empty()) return resource_.resource;
  const std::string_view host = head.fields.find("host").value_or("");
  const bool clean = std::ranges::all_of(host, is_visible);
  return scheme_ + "://" + std::string(clean ? host : "localhost") + std::string(endpoint);
}

std::optional<net::HttpReply> Bearer::describe(const net::RequestHead& head) const {
  const std::string_view path = head.target.substr(0, head.target.find('?'));
  if (!path.starts_with(well_known)) return std::nullopt;
  const std::string resource = resource_of(head);
  const std::string_view rest = path.substr(well_known.size());
  if (!rest.empty() && rest != endpoint && rest != std::string_view(resource).substr(path_of(resource)))
    return std::nullopt;
  constexpr std::string_view open = "Access-Control-Allow-Origin: *\r\n";  // it is for everybody
  if (head.method == "OPTIONS")
    return net::HttpReply{.status = 204,
                          .headers = std::string(open) +
                                     "Access-Control-Allow-Methods: GET\r\n"
                                     "Access-Control-Allow-Headers: MCP-Protocol-Version\r\n"
                                     "Allow: GET\r\n"};
  if (head.method != "GET") return net::HttpReply{.status = 405, .headers = "Allow: GET\r\n"};
  Json said = Json::object({{"resource", resource}});
  if (!resource_.authorization_servers.empty())
    said.set("authorization_servers", list(resource_.authorization_servers));
  if (!resource_.scopes.empty()) said.set("scopes_supported", list(resource_.scopes));
  said.set("bearer_methods_supported", Json::array({"header"}));
  return net::HttpReply{.body = said.text(), .headers = std::string(open)};
}

std::optional<Error> Bearer::admit(const net::RequestHead& head) const {
  const auto authorization = head.fields.find("authorization");
  if (!authorization) return Error(Code::auth_unauthorized).with_executed(Executed::no);
  if (token_of(*authorization).empty())
    return Error(Code::auth_invalid_credentials).with_executed(Executed::no);
  return std::nullopt;
}

Task<pipeline::Principal> Bearer::identify(const net::RequestHead& head, std::string source) {
  std::string token(token_of(head.fields.find("authorization").value_or("")));
  task::Timers& timers = loop_->timers();
  Result<Identity> found = co_await task::with_deadline(
      timers, timers.now() + patience, authenticate_(std::move(token)), [](const Error& cancelled) {
        return Error(Code::auth_timeout).with_executed(Executed::no).with_cause(cancelled);
      });
  if (!found) {
    Error refused = refusal(std::move(found).error());
    if (refused.code() != Code::proto_cancelled)
      log::info("a caller was refused", {{"address", source}, {"error", refused}});
    co_return Failure(std::move(refused));
  }
  if (const std::string_view flaw = flaw_of(*found); !flaw.empty())
    co_return Failure(
        Error(Code::auth_provider_error).with_executed(Executed::no).with_developer_message(flaw));
  for (const std::string& scope : resource_.scopes)
    if (std::ranges::find(found->scopes, scope) == found->scopes.end())
      co_return Failure(Error(Code::auth_insufficient_permissions).with_executed(Executed::no));
  auto grant = std::make_shared<pipeline::Grant>(std::move(found->scopes),
                                                 found->claims.is_null() ? "" : found->claims.text());
  co_return pipeline::Principal{
      .name = std::move(found->name), .source = std::move(source), .grant = std::move(grant)};
}

// RFC 6750 section 3; nobody is asked for other credentials when nobody could be asked about these.
std::string Bearer::challenge(const net::RequestHead& head, const Error& refused) const {
  const int status = refused.row().http_status;
  if (status != 401 && status != 403) return {};
  const std::string resource = resource_of(head);
  const std::size_t path = path_of(resource);
  std::string line = "WWW-Authenticate: Bearer resource_metadata=\"" + resource.substr(0, path) +
                     std::string(well_known) + resource.substr(path) + "\"";
  if (const std::string scopes = scopes_for(resource_, refused); !scopes.empty())
    line += ", scope=\"" + scopes + "\"";
  if (status == 403) line += ", error=\"insufficient_scope\"";
  if (status == 401 && head.fields.find("authorization")) line += ", error=\"invalid_token\"";
  return line + "\r\n";
}

}  // namespace sallyport::server
