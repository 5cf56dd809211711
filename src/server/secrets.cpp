#include "server/secrets.hpp"

#include "base/unique_fd.hpp"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport {
namespace {

constexpr std::size_t max_bytes = 64 * 1024;

std::optional<Secret> from_variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return Secret(value);
}

// Nothing for what is no file, cannot be read, or is larger than a secret.
std::optional<Secret> from_file(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat facts{};
  if (!file || ::fstat(file.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) return std::nullopt;
  if (facts.st_size > static_cast<off_t>(max_bytes)) return std::nullopt;
  std::string text(static_cast<std::size_t>(facts.st_size), '\0');
  std::size_t read = 0;
  while (read < text.size()) {
    const ssize_t count = ::read(file.get(), text.data() + read, text.size() - read);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    read += static_cast<std::size_t>(count);
  }
  while (read > 0 && (text[read - 1] == '\n' || text[read - 1] == '\r')) --read;
  text.resize(read);
  return Secret(std::move(text));
}

}  // namespace

SecretSource secrets_from_environment(std::string_view prefix) {
  return [prefix = std::string(prefix)](std::string_view name) {
    const std::string variable = prefix + std::string(name);
    auto value = from_variable(variable);
    if (value) return value;
    const auto path = from_variable(variable + "_FILE");
    return path ? from_file(std::string(path->reveal())) : std::nullopt;
  };
}

SecretSource secrets_from_directory(std::string_view path) {
  return
      [path = std::string(path)](std::string_view name) { return from_file(path + "/" + std::string(name)); };
}

SecretSource first_secret_of(std::vector<SecretSource> sources) {
  return [sources = std::move(sources)](std::string_view name) -> std::optional<Secret> {
    for (const SecretSource& source : sources)
      if (auto value = source(name); value && !value->empty()) return value;
    return std::nullopt;
  };
}

}  // namespace sallyport
