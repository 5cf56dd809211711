// The parts of `sallyport doctor`; each adds what it finds.
#pragma once

#include "config/config.hpp"
#include "config/load.hpp"
#include "findings.hpp"
#include "pipeline/call.hpp"
#include "task/loop.hpp"

#include <filesystem>
#include <string>

namespace sallyport::cli {

// PATH, limits of the kernel, the state directory; with a configuration also what it needs of the machine:
// programs, certificates, memory.
void examine_machine(const config::Config* config, Findings& findings);

// Every mistake and warning of the configuration, and who may write its file.
void examine_config(const config::Loaded& loaded, const std::filesystem::path& file, Findings& findings);

// The ports that `serve` would take, who has them, and how a gateway that runs here is.
Task<void> examine_gateway(task::Loop& loop, const config::Config& config, Findings& findings);

// Starts or connects to each server as `serve` would, and stops them again.
Task<void> examine_servers(task::Loop& loop, const config::Config& config, const std::filesystem::path& file,
                           Findings& findings);

// How to get a program that is missing: a command to paste, or a sentence; `is_command` says which.
std::string how_to_get(std::string_view program, bool& is_command);

// Where a program is found by PATH, or itself if it has a slash; empty: nowhere.
std::string find_program(const std::string& program);

}  // namespace sallyport::cli
