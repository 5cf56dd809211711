// The public JSON Schema Test Suite against our validator: schema-suite DIR, where DIR is a checkout of it.
//
// A line for each file with a case that is not decided or decided wrongly, then the sums. Ends with 1 if a
// verdict is wrong: "I do not know" is allowed, and docs/json-schema.md says where.
#include "json/scanner.hpp"
#include "schema/schema.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace {

namespace fs = std::filesystem;
namespace json = sallyport::json;
namespace schema = sallyport::schema;

// Draft-07 lets a validator look into encoded strings; later drafts have it as an annotation.
constexpr std::string_view out = "content.json";

struct Sums {
  int right = 0;
  int wrong = 0;
  std::map<std::string_view, int> doubts;

  int undecided() const {
    int all = 0;
    for (const auto& [why, n] : doubts) all += n;
    return all;
  }
  void add(const Sums& other) {
    right += other.right;
    wrong += other.wrong;
    for (const auto& [why, n] : other.doubts) doubts[why] += n;
  }
};

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string_view member(std::string_view text, json::Span object, std::string_view key) {
  return json::find_member(text, object, key).value.of(text);
}

// Files of the older drafts leave `$schema` out: it is the folder that says it.
std::string with_dialect(std::string_view text, std::string_view folder) {
  if (folder == "draft2020-12" || !text.starts_with('{') || text.contains("\"$schema\""))
    return std::string(text);
  const std::string_view uri = folder == "draft7" ? "http://json-schema.org/draft-07/schema#"
                                                  : "https://json-schema.org/draft/2019-09/schema";
  const bool empty = text.find_first_not_of(" \t\r\n", 1) == text.rfind('}');
  return fmt::format(R"({{"$schema":"{}"{}{})", uri, empty ? "" : ",", text.substr(1));
}

Sums run(const fs::path& path, std::string_view folder) {
  Sums sums;
  const std::string text = read(path);
  const auto document = json::scan(text);
  if (!document) {
    fmt::print("{}: not read\n", path.string());
    ++sums.wrong;
    return sums;
  }
  for (const json::Value& group : json::elements_of(text, document->root.span)) {
    const auto compiled = schema::Schema::compile(with_dialect(member(text, group.span, "schema"), folder));
    for (const json::Value& test :
         json::elements_of(text, json::find_member(text, group.span, "tests").value.span)) {
      const schema::Verdict verdict = compiled.check(member(text, test.span, "data"));
      if (verdict.doubt != schema::Doubt::none) {
        ++sums.doubts[schema::name(verdict.doubt)];
      } else if (verdict.fits() == (member(text, test.span, "valid") == "true")) {
        ++sums.right;
      } else {
        ++sums.wrong;
        fmt::print("  wrong: {} / {}\n", member(text, group.span, "description"),
                   member(text, test.span, "description"));
      }
    }
  }
  return sums;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: schema-suite DIR\n");
    return 2;
  }
  Sums all;
  for (const std::string_view folder : {"draft2020-12", "draft2019-09", "draft7"}) {
    Sums draft;
    std::vector<fs::path> files;
    for (const char* part : {"", "optional"})
      for (const auto& entry : fs::directory_iterator(fs::path(argv[1]) / "tests" / folder / part))
        if (entry.path().extension() == ".json" && entry.path().filename() != out)
          files.push_back(entry.path());
    std::ranges::sort(files);
    for (const fs::path& file : files) {
      const Sums sums = run(file, folder);
      draft.add(sums);
      if (sums.wrong == 0 && sums.undecided() == 0) continue;
      fmt::print("{}: {} right, {} wrong", fs::relative(file, argv[1]).string(), sums.right, sums.wrong);
      for (const auto& [why, n] : sums.doubts) fmt::print(", {} not decided ({})", n, why);
      fmt::print("\n");
    }
    fmt::print("{}: {} right, {} wrong, {} not decided\n\n", folder, draft.right, draft.wrong,
               draft.undecided());
    all.add(draft);
  }
  return all.wrong == 0 && all.right > 0 ? 0 : 1;
}
