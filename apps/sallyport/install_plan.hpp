// What `install` would do: the agent's file and the configuration as they would be, worked out without
// touching anything.
#pragma once

#include "agent_places.hpp"
#include "config/diagnostic.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sallyport::cli {

struct InstallRequest {
  AgentPlace place;
  std::string agent_text;
  std::filesystem::path config;            // absolute
  std::optional<std::string> config_text;  // nothing: there is none yet
  std::filesystem::path program;           // absolute
  std::vector<std::string> keep;           // servers that stay with the agent
};

struct PlannedServer {
  std::string original;
  std::string name;     // here; empty: it is not put here
  std::string outcome;  // moved, there already, kept, left
  std::string why;      // of what is kept or left
};

struct SecretFile {
  std::filesystem::path path;
  std::string bytes;
};

struct InstallPlan {
  std::vector<PlannedServer> servers;
  std::vector<SecretFile> secrets;
  std::string agent_text;                   // as it would be; equal to the request's: nothing to do there
  std::string config_text;                  // the same
  std::string agent_before, agent_after;    // for eyes: secrets masked
  std::string config_before, config_after;  // the same
  config::Diagnostics diagnostics;          // notes and warnings; without a plan the errors
  bool has_servers = false;                 // there is something for the gateway to serve

  bool changes_agent(const InstallRequest& request) const { return agent_text != request.agent_text; }
};

// Nothing: `diagnostics` say why.
std::optional<InstallPlan> plan_install(const InstallRequest& request, config::Diagnostics& diagnostics);

}  // namespace sallyport::cli
