// The program as a user runs it, in a directory with a configuration of his.
#pragma once

#include "child.hpp"
#include "json/dom.hpp"
#include "json/scanner.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <gtest/gtest.h>

namespace sallyport::test {

inline Outcome sallyport(std::vector<std::string> arguments) {
  return run(SALLYPORT_BINARY, std::move(arguments));
}

inline json::Dom parsed(const std::string& text) {
  EXPECT_TRUE(json::scan(text)) << text;
  auto dom = json::Dom::parse(text);
  if (!dom) throw std::runtime_error("not JSON: " + text);
  return std::move(*dom);
}

inline std::string text_at(const json::Dom& dom, std::string_view pointer) {
  const auto value = dom.at(pointer);
  return value && value->is_string() ? std::string(value->get_string().value()) : "";
}

inline std::size_t size_at(const json::Dom& dom, std::string_view pointer) {
  const auto value = dom.at(pointer);
  return value && value->is_array() ? value->get_array().value().size() : 0;
}

// A directory with a configuration; the program runs without terminal, so without colours.
class Cli : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "sallyport-cli-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string write(std::string_view name, std::string_view text) const {
    std::string path = directory_ / name;
    std::ofstream(path) << text;
    return path;
  }

  std::string fifo() const { return directory_ / "fifo"; }

  // Two servers, of which one never comes up.
  std::string config() const {
    return write("sallyport.yaml", R"(version: 1
listen: {http: "127.0.0.1:0"}
admin: {http: "127.0.0.1:0"}
servers:
  tiny: {command: )" TINY_SERVER R"(, env: {TINY_FIFO: )" +
                                       fifo() + R"(}, tools: {deny: [fail_never]}}
  gone: {command: /nonexistent/server}
)");
  }

  std::filesystem::path directory_;
};

// The address in a line of the gateway's log, which is JSON where stderr is no terminal.
inline std::string url_of(const std::string& line) {
  return text_at(parsed(line), "/url");
}

}  // namespace sallyport::test
