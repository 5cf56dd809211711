// A machine that is the same everywhere: a fixed environment, and a PATH with the few programs that the
// samples name.
#pragma once

#include "config/load.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>

namespace sallyport::config::test {

inline std::string source_path(std::string_view name) {
  return std::string(SALLYPORT_SOURCE_DIR "/") + std::string(name);
}

inline std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// A directory that goes away with the test.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sallyport-config-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory() { std::filesystem::remove_all(path_); }

  std::string file(const std::string& name, std::string_view text, std::filesystem::perms mode) const {
    const std::filesystem::path path = path_ / name;
    std::ofstream(path, std::ios::binary) << text;
    std::filesystem::permissions(path, mode);
    return path.string();
  }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

// Values that must never show carry the word `canary`.
inline Machine machine() {
  static const ScratchDirectory programs;
  static const std::string search = [] {
    for (const char* name : {"sh", "bash", "zsh", "npx", "node", "python3", "notes"}) {
      programs.file(name, "", std::filesystem::perms::owner_all);
    }
    return programs.path();
  }();
  return {[](const std::string& name) -> std::optional<std::string> {
    static const std::map<std::string, std::string> variables{{"TOKEN", "canary-token"},
                                                              {"WEATHER_TOKEN", "canary-weather"},
                                                              {"EMPTY", ""},
                                                              {"PORT", "9090"},
                                                              {"YES", "true"},
                                                              {"NESTED", "${TOKEN}"},
                                                              {"HOME", "/home/me"},
                                                              {"PATH", search}};
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  }};
}

inline Loaded load_yaml(std::string text) {
  Request request;
  request.config = Source{"test.yaml", std::move(text)};
  request.machine = machine();
  return load(request);
}

inline Loaded load_json(std::string text) {
  Request request;
  request.mcp_json = Source{"mcp.json", std::move(text)};
  request.machine = machine();
  return load(request);
}

}  // namespace sallyport::config::test
