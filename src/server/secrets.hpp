// Secrets that tools declare: where their values come from.
#pragma once

#include "base/secret.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

// Gives a secret by its name; nothing, or an empty one, where there is none. Asked on the server's thread
// before each call of a tool that declared it, so that a value that was exchanged is the one in use.
using SecretSource = std::function<std::optional<Secret>(std::string_view name)>;

// The variable {prefix}{name}, else the contents of the file that the variable {prefix}{name}_FILE names.
SecretSource secrets_from_environment(std::string_view prefix = {});

// The contents of the file of that name in a directory, as Docker, Kubernetes and systemd lay them down.
// Of a file at most 64 KiB; line breaks at its end are left out.
SecretSource secrets_from_directory(std::string_view path);

// The first of them that has it.
SecretSource first_secret_of(std::vector<SecretSource> sources);

}  // namespace sallyport
