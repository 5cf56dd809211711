// `sallyport version`: what this program is made of and speaks.
#include "commands.hpp"
#include "json/scanner.hpp"
#include "output.hpp"
#include "protocol/revision.hpp"

#include <array>
#include <utility>

#include <CLI/Version.hpp>
#include <boost/version.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/crypto.h>
#include <simdjson.h>
#include <spdlog/version.h>

namespace sallyport::cli {
namespace {

using Library = std::pair<std::string_view, std::string>;

std::array<Library, 7> libraries() {
  return {Library{"Boost", fmt::format("{}.{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000,
                                       BOOST_VERSION % 100)},
          Library{"OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING)},
          Library{"simdjson", fmt::format("{}.{}.{}", static_cast<int>(simdjson::SIMDJSON_VERSION_MAJOR),
                                          static_cast<int>(simdjson::SIMDJSON_VERSION_MINOR),
                                          static_cast<int>(simdjson::SIMDJSON_VERSION_REVISION))},
          Library{"fmt",
                  fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
          Library{"spdlog", fmt::format("{}.{}.{}", SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH)},
          Library{"yaml-cpp", SALLYPORT_YAML_CPP_VERSION},
          Library{"CLI11", CLI11_VERSION}};
}

std::vector<std::string_view> revisions() {
  std::vector<std::string_view> names;
  for (const protocol::Revision revision : protocol::supported_revisions)
    names.push_back(protocol::name(revision));
  return names;
}

std::string version_json() {
  std::string out =
      fmt::format(R"({{"version":"{}","protocolRevisions":{},"buildType":{},"compiler":{},"libraries":{{)",
                  SALLYPORT_VERSION, protocol::supported_revisions_json, json::quote(SALLYPORT_BUILD_TYPE),
                  json::quote("Clang " __clang_version__));
  std::string_view separator;
  for (const auto& [name, version] : libraries()) {
    out += fmt::format("{}{}:{}", separator, json::quote(name), json::quote(version));
    separator = ",";
  }
  return out + "}}";
}

std::string version_text() {
  std::string out = fmt::format("sallyport {}\n", SALLYPORT_VERSION);
  out += fmt::format("MCP        {}\n", fmt::join(revisions(), ", "));
  out += fmt::format("build      {}, Clang {}\n", SALLYPORT_BUILD_TYPE, __clang_version__);
  std::vector<std::string> parts;
  for (const auto& [name, version] : libraries()) parts.push_back(fmt::format("{} {}", name, version));
  return out + fmt::format("libraries  {}\n", fmt::join(parts, ", "));
}

}  // namespace

void add_version(CLI::App& app, Action& action) {
  const auto as_json = std::make_shared<bool>(false);
  CLI::App* command = add_command(app, "version", "Says which version this is, and what it is made of",
                                  "sallyport version --json");
  command->add_flag("--json", *as_json, "Prints JSON");
  command->callback([=, &action] {
    action = [=] { return *as_json ? print_json(version_json()) : print(version_text()); };
  });
}

}  // namespace sallyport::cli
