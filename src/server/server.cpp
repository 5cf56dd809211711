#include "server/server.hpp"

#include "errors/tool_errors.hpp"
#include "server/bearer.hpp"
#include "server/program.hpp"
#include "server/registry.hpp"

namespace sallyport {

Server::Server(std::string_view name, std::string_view version)
    : registry_(std::make_unique<server::Registry>()) {
  registry_->identity = Json::object({{"name", name}, {"version", version}});
}

Server::~Server() = default;

Server& Server::title(std::string_view text) {
  registry_->identity.set("title", text);
  return *this;
}

Server& Server::description(std::string_view text) {
  registry_->identity.set("description", text);
  return *this;
}

Server& Server::website(std::string_view url) {
  registry_->identity.set("websiteUrl", url);
  return *this;
}

Server& Server::icon(const Icon& icon) {
  Json icons = registry_->identity.find("icons").value_or(Json::array());
  registry_->identity.set("icons", icons.push_back(icon.json()));
  return *this;
}

Server& Server::instructions(std::string_view text) {
  registry_->instructions = text;
  return *this;
}

Server& Server::task_limits(const TaskLimits& limits) {
  registry_->task_limits = limits;
  return *this;
}

Server& Server::page_size(std::size_t entries) {
  registry_->set_page_size(entries);
  return *this;
}

Server& Server::adapters(const std::vector<classify::AdapterPointer>& adapters) {
  auto chain = classify::AdapterChain::make(adapters);
  if (!chain) throw ToolDefinitionError(chain.error().developer_message());
  registry_->adapters = std::make_shared<const classify::AdapterChain>(*std::move(chain));
  return *this;
}

Server& Server::middleware(Middleware function) {
  if (!function) throw ToolDefinitionError("a middleware is empty");
  registry_->middleware.push_back(std::make_shared<const Middleware>(std::move(function)));
  return *this;
}

Server& Server::authenticate(Authenticate function, ResourceServer resource) {
  if (!function) throw ToolDefinitionError("the function that authenticates is empty");
  server::check_resource_server(resource);
  registry_->authenticate = std::move(function);
  registry_->resource_server = std::move(resource);
  return *this;
}

Server& Server::secrets(SecretSource source) {
  if (!source) throw ToolDefinitionError("the source of secrets is empty");
  registry_->secrets = std::move(source);
  return *this;
}

Tool& Server::add(Tool tool) {
  return registry_->add(std::move(tool));
}

Resource& Server::add(Resource resource) {
  return registry_->add(std::move(resource));
}

Prompt& Server::add(Prompt prompt) {
  return registry_->add(std::move(prompt));
}

bool Server::remove_resource(std::string_view uri) {
  return registry_->remove_resource(uri);
}

void Server::resource_updated(std::string_view uri) {
  registry_->updated(std::string(uri));
}

bool Server::remove_prompt(std::string_view name) {
  return registry_->remove_prompt(name);
}

bool Server::remove_tool(std::string_view name) {
  return registry_->remove_tool(name);
}

Server& Server::on_start(std::function<void()> function) {
  registry_->at_start.push_back(std::move(function));
  return *this;
}

Server& Server::on_stop(std::function<void()> function) {
  registry_->at_stop.push_back(std::move(function));
  return *this;
}

int Server::run(int argc, const char* const* argv) {
  return server::run(*registry_, argc, argv);
}

}  // namespace sallyport
