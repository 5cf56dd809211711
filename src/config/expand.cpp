#include "config/expand.hpp"

#include "base/strings.hpp"
#include "base/unique_fd.hpp"
#include "config/values.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <expected>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport::config {
namespace {

constexpr std::size_t max_secret_file = 64 * 1024;

struct Context {
  const Machine& machine;
  Report& report;
  Position at;
  std::string_view path;
};

struct SecretFile {
  std::string text;
  bool readable_by_others = false;
};

std::string last_error() {
  return std::generic_category().message(errno);
}

// The reason as the system words it, on failure.
std::expected<SecretFile, std::string> read_secret_file(const std::string& name) {
  // Not blocking: a pipe that nobody writes to must not hold the start.
  const UniqueFd file(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return std::unexpected(last_error());
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return std::unexpected(last_error());
  if (!S_ISREG(status.st_mode)) return std::unexpected("not a regular file");
  SecretFile secret{{}, (status.st_mode & S_IROTH) != 0};
  std::array<char, 4096> buffer{};
  while (secret.text.size() <= max_secret_file) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0) return std::unexpected(last_error());
    if (got == 0) break;
    secret.text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  if (secret.text.size() > max_secret_file) return std::unexpected("more than 64 KiB");
  if (secret.text.find('\0') != std::string::npos) return std::unexpected("it holds a zero byte");
  if (secret.text.ends_with('\n')) secret.text.pop_back();
  return secret;
}

std::optional<std::string> from_file(std::string_view name, const Context& context) {
  if (!name.starts_with('/')) {
    context.report.error(
        context.at, context.path,
        {fmt::format("`${{file:{}}}` does not name an absolute path", clip(name, 128)),
         "the directory that the gateway starts in may change", "write ${file:/path/to/file}"});
    return std::nullopt;
  }
  if (context.machine.reads) context.machine.reads(std::string(name));
  auto secret = read_secret_file(std::string(name));
  if (!secret) {
    context.report.error(context.at, context.path,
                         {fmt::format("cannot read {}", clip(name, 256)), secret.error(),
                          "check the path and who may read it"});
    return std::nullopt;
  }
  if (secret->readable_by_others) {
    context.report.warning(context.at, context.path,
                           {fmt::format("everybody may read {}", clip(name, 256)),
                            "it seems to hold a secret", fmt::format("run `chmod o-r {}`", clip(name, 256))});
  }
  return std::move(secret->text);
}

std::optional<std::string> from_variable(std::string_view inside, const Context& context) {
  const std::size_t split = inside.find(":-");
  const std::string name(inside.substr(0, split));
  if (!is_variable_name(name)) {
    const bool prefixed = name.starts_with("env:") && is_variable_name(std::string_view(name).substr(4));
    context.report.error(
        context.at, context.path,
        {prefixed ? fmt::format("`${{{}}}` is the spelling of other programs", clip(name, 64))
                  : "`${` that does not begin ${NAME}, ${NAME:-text} or ${file:/path}",
         "`${…}` reads the environment or a file",
         prefixed ? fmt::format("write ${{{}}}", clip(std::string_view(name).substr(4), 64))
                  : "write the name of a variable: letters, digits and _"});
    return std::nullopt;
  }
  auto value = context.machine.variable(name);
  const bool has_fallback = split != std::string_view::npos;
  if (has_fallback && (!value || value->empty())) return std::string(inside.substr(split + 2));
  if (!value) {
    context.report.error(context.at, context.path,
                         {fmt::format("the variable {} is not set", clip(name, 64)),
                          "an empty value in its place would be a guess",
                          fmt::format("set it, or write ${{{}:-text}}", clip(name, 64))});
  }
  return value;
}

}  // namespace

Machine this_machine() {
  return {[](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  }};
}

std::optional<Expanded> expand(std::string_view text, const Machine& machine, Report& report, Position at,
                               std::string_view path) {
  const Context context{machine, report, at, path};
  Expanded result;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t start = text.find("${", i);
    result.text += text.substr(i, start - i);
    if (start == std::string_view::npos) break;
    const std::size_t end = text.find('}', start);
    if (end == std::string_view::npos) {
      report.error(at, path, {"`${` without `}`", "it begins the name of a variable or a file", "close it"});
      return std::nullopt;
    }
    const std::string_view inside = text.substr(start + 2, end - start - 2);
    constexpr std::string_view file = "file:";
    auto value = inside.starts_with(file) ? from_file(inside.substr(file.size()), context)
                                          : from_variable(inside, context);
    if (!value) return std::nullopt;
    result.text += *value;
    if (inside != "HOME") result.foreign = true;  // a path that everybody knows
    i = end + 1;
  }
  return result;
}

}  // namespace sallyport::config
