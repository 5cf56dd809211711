#include "config/load.hpp"

#include "base/strings.hpp"
#include "base/unique_fd.hpp"
#include "config/decode.hpp"
#include "config/document.hpp"
#include "config/keys.hpp"
#include "config/mcp_json.hpp"
#include "config/rules.hpp"
#include "config/values.hpp"

#include <array>
#include <cerrno>
#include <expected>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport::config {
namespace {

std::string last_error() {
  return std::generic_category().message(errno);
}

std::expected<std::string, std::string> read_file(const std::string& name) {
  const UniqueFd file(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::unexpected(last_error());
  std::string text;
  std::array<char, 16 * 1024> buffer{};
  while (text.size() <= max_file_bytes) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0) return std::unexpected(last_error());
    if (got == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;  // one that is too long is refused by whoever parses it
}

std::optional<std::string> text_of(const Source& source, Report& report) {
  if (source.text) return source.text;
  auto text = read_file(source.name);
  if (text) return std::move(*text);
  report.error({}, "", {"cannot read the file", text.error(), "check the path and who may read it"});
  return std::nullopt;
}

// A value of the command line.
std::optional<Address> option_address(const std::string& option, std::string_view name, std::string_view path,
                                      bool may_be_unix, Written& written, Diagnostics& out) {
  auto address = parse_address(option);
  if (address && (may_be_unix || !address->is_unix())) return address;
  written.valid = false;
  Report(std::string(name), out)
      .error({}, path,
             {fmt::format("`{}` is not an address", clip(option, 64)),
              std::string(describe(may_be_unix ? Type::addresses : Type::address).form),
              fmt::format("write for example `{} 127.0.0.1:8080`", name)});
  return std::nullopt;
}

// The command line wins over the file.
void override_addresses(const Request& request, Draft& draft, Diagnostics& out) {
  if (!request.listen.empty()) {
    Written written{"--listen", {}};
    draft.config.listen.http.clear();
    for (const std::string& option : request.listen) {
      auto address = option_address(option, "--listen", "listen.http", true, written, out);
      if (address) draft.config.listen.http.push_back(std::move(*address));
    }
    draft.written.insert_or_assign("listen.http", std::move(written));
  }
  if (request.admin) {
    Written written{"--admin", {}};
    auto address = option_address(*request.admin, "--admin", "admin.http", false, written, out);
    if (address) draft.config.admin.http = std::move(*address);
    draft.written.insert_or_assign("admin.http", std::move(written));
  }
}

// False if there is no tree to go on with: only what keeps it from being read is reported then.
bool read_config(const Request& request, Draft& draft, Diagnostics& out) {
  if (!request.config) return true;
  Report report(request.config->name, out);
  const auto text = text_of(*request.config, report);
  if (!text) return false;
  const auto root = parse_yaml(*text, report);
  if (!root) return false;
  decode(*root, request.machine, draft, report);
  return root->kind == Node::Kind::map;
}

bool read_mcp_json(const Request& request, Draft& draft, Diagnostics& out) {
  if (!request.mcp_json) return true;
  Report report(request.mcp_json->name, out);
  const auto text = text_of(*request.mcp_json, report);
  if (!text) return false;
  const auto root = parse_jsonc(*text, report);
  if (!root) return false;
  import_mcp_json(*root, request.machine, draft, report);
  return true;
}

// A file that is wrong everywhere is not said to be so a hundred thousand times.
constexpr std::size_t max_diagnostics = 1000;

void cut(Diagnostics& diagnostics) {
  if (diagnostics.size() <= max_diagnostics) return;
  const std::size_t more = diagnostics.size() - max_diagnostics;
  diagnostics.resize(max_diagnostics);
  const std::string file = diagnostics.back().file;
  Report(file, diagnostics)
      .error({}, "",
             {fmt::format("{} more are not shown", more), "the list would not help", "correct these first"});
}

}  // namespace

Loaded load(const Request& asked) {
  std::vector<std::string> files;
  Request request = asked;
  request.machine.reads = [&files](const std::string& file) { files.push_back(file); };
  for (const auto& source : {request.config, request.mcp_json}) {
    if (source && !source->text) files.push_back(source->name);
  }
  Draft draft;
  Diagnostics diagnostics;
  const bool config_read = read_config(request, draft, diagnostics);
  const bool mcp_json_read = read_mcp_json(request, draft, diagnostics);
  Config& config = draft.config;
  override_addresses(request, draft, diagnostics);
  config.allow_faults = request.allow_faults;
  config.limits.source_written = draft.written.contains("limits.source");
  if (config_read && mcp_json_read) check_rules(draft, request, diagnostics);
  sort_by_place(diagnostics);
  if (has_errors(diagnostics)) {
    cut(diagnostics);
    return {std::nullopt, std::move(diagnostics), std::move(files)};
  }
  return {std::move(config), std::move(diagnostics), std::move(files)};
}

Loaded load_file(std::string path) {
  Request request;
  request.config = Source{std::move(path)};
  return load(request);
}

Loaded load_text(std::string name, std::string text) {
  Request request;
  request.config = Source{std::move(name), std::move(text)};
  return load(request);
}

}  // namespace sallyport::config
