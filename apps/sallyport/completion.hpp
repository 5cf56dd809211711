// Completion scripts for shells, made from the command tree.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace sallyport::cli {

enum class Shell { bash, zsh, fish };

// `app`: the root of the tree.
std::string completion_script(const CLI::App& app, Shell shell);

}  // namespace sallyport::cli
