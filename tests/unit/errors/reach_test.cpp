// A code that something raises is not scripted, and one that nothing raises is: read off the sources
// themselves. And for each code there is a test that reaches it.
#include "errors/reach.hpp"

#include "errors/catalog.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace sallyport {
namespace {

namespace fs = std::filesystem;

const fs::path source = fs::path(SALLYPORT_SOURCE_DIR);

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The identifier in enum Code: the wire name is in the row, the identifier only in the source of the rows.
std::string identifier(Code code) {
  static const std::string rows = [] {
    std::string all;
    for (const auto& file : fs::directory_iterator(source / "src/errors/rows")) all += text_of(file.path());
    return all;
  }();
  const std::size_t name = rows.find("\"" + std::string(wire_name(code)) + "\"");
  const std::size_t begin = rows.rfind("Code::", name) + 6;
  return rows.substr(begin, rows.find(',', begin) - begin);
}

// src/errors has the codes, src/classify the table that gives every code to some operation, asked for or not,
// src/recovery the rules about codes, whoever raises them.
std::map<std::string, std::string> what_raises() {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(source / "src")) {
    const std::string path = fs::relative(entry.path(), source / "src").string();
    if (!entry.is_regular_file() || path.starts_with("errors/") || path.starts_with("classify/") ||
        path == "recovery/rule.cpp")
      continue;
    files[path] = text_of(entry.path());
  }
  return files;
}

enum class How : std::uint8_t { at_all, as_a_value };  // not in `case Code::x` or `== Code::x`

bool mentions(const std::string& text, const std::string& word, How how = How::at_all) {
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    const char after = at + word.size() < text.size() ? text[at + word.size()] : ' ';
    if (std::isalnum(static_cast<unsigned char>(after)) != 0 || after == '_') continue;
    const std::string before = text.substr(at < 5 ? 0 : at - 5, at < 5 ? at : 5);
    const bool asks = before.ends_with("case ") || before.ends_with("== ") || before.ends_with("!= ");
    if (how == How::at_all || !asks) return true;
  }
  return false;
}

std::string who_mentions(const std::map<std::string, std::string>& files, Code code, How how) {
  const std::string word = "Code::" + identifier(code);
  for (const auto& [path, text] : files) {
    if (mentions(text, word, how)) return path;
  }
  return {};
}

TEST(Reach, ACodeIsScriptedExactlyUntilSomethingRaisesIt) {
  const auto files = what_raises();
  ASSERT_GT(files.size(), 100U);
  // What a failure of discovery or of a tool call is called only this table says.
  const std::string table = text_of(source / "src/classify/classify.cpp");
  for (const CatalogRow& row : catalog()) {
    const std::string word = identifier(row.code);
    if (is_scripted(row.code)) {
      EXPECT_EQ(who_mentions(files, row.code, How::as_a_value), "")
          << row.wire_name
          << " is raised there now: take its line out of src/errors/reach.cpp, write docs/errors.md "
          << "anew, reach it by a test, and name that in tests/reached.txt";
      EXPECT_FALSE(fs::exists(source / "src" / awaited_folder(row.code)))
          << "src/" << awaited_folder(row.code) << " exists, and " << row.wire_name << " is still scripted";
    } else {
      EXPECT_TRUE(!who_mentions(files, row.code, How::at_all).empty() || mentions(table, word))
          << row.wire_name << " is raised nowhere: add it to src/errors/reach.cpp";
    }
  }
}

// tests/reached.txt: `CODE file`, a line each.
TEST(Reach, EveryCodeIsReachedByATest) {
  std::map<std::string, std::string> reached;
  std::istringstream lines(text_of(source / "tests/reached.txt"));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') continue;
    const std::size_t space = line.find(' ');
    ASSERT_NE(space, line.npos) << line;
    EXPECT_TRUE(reached.emplace(line.substr(0, space), line.substr(space + 1)).second) << line;
  }
  for (const CatalogRow& row : catalog()) {
    const std::string code(row.wire_name);
    ASSERT_TRUE(reached.contains(code)) << code << " lacks a line in tests/reached.txt";
    const std::string file = reached[code];
    const bool by_script = file == "tests/unit/layers/scripted_test.cpp";
    EXPECT_EQ(by_script, is_scripted(row.code)) << code;
    const std::string text = text_of(source / file);
    EXPECT_FALSE(text.empty()) << file;
    if (!by_script)
      EXPECT_TRUE(mentions(text, code) || mentions(text, identifier(row.code))) << file << ' ' << code;
    reached.erase(code);
  }
  EXPECT_TRUE(reached.empty()) << reached.begin()->first << " is no code";
}

}  // namespace
}  // namespace sallyport
