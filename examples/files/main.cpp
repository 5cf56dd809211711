// Files of the folders that the client offers as its roots, and no others: what a server with roots looks
// like.
//
//   files                          serves stdin and stdout
//   files --http 127.0.0.1:8000    only if it runs on the machine of its clients: roots are paths there
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

#include <sallyport.hpp>

namespace fs = std::filesystem;
using sallyport::Capability;
using sallyport::Context;
using sallyport::Task;

namespace {

constexpr std::uintmax_t max_bytes = 1 << 20;
constexpr std::size_t max_entries = 1000;

struct Entry {
  std::string name;
  bool folder = false;
  std::int64_t bytes = 0;
  static void describe(sallyport::Fields<Entry>& field) {
    field("name", &Entry::name);
    field("folder", &Entry::folder);
    field("bytes", &Entry::bytes, "0 of a folder");
  }
};

// The path of a root "file:///home/ann/notes"; empty for one that is none.
fs::path path_of(const std::string& uri) {
  constexpr std::string_view scheme = "file://";
  if (!uri.starts_with(scheme)) return {};
  std::string path;
  for (std::size_t i = scheme.size(); i < uri.size(); ++i) {
    if (uri[i] != '%' || i + 2 >= uri.size()) {
      path += uri[i];
      continue;
    }
    const std::string digits = uri.substr(i + 1, 2);
    if (digits.find_first_not_of("0123456789abcdefABCDEF") != digits.npos) return {};
    path += static_cast<char>(std::stoi(digits, nullptr, 16));
    i += 2;
  }
  return path.contains('\0') ? fs::path() : fs::path(path);
}

// Symbolic links are followed before it is decided what a path is inside of.
bool is_inside(const fs::path& path, const fs::path& folder) {
  const fs::path way = path.lexically_relative(folder);
  return !way.empty() && *way.begin() != "..";
}

Task<fs::path> allowed(Context& context, std::string path) {
  const auto roots = CO_TRY(co_await context.roots());
  std::error_code failed;
  const fs::path asked = fs::weakly_canonical(path, failed);
  std::string offered;
  for (const auto& root : roots) {
    const fs::path folder = fs::weakly_canonical(path_of(root.uri), failed);
    if (!folder.empty() && !asked.empty() && is_inside(asked, folder)) co_return asked;
    offered += "\n" + root.uri;
  }
  throw sallyport::ContextRequiredToolError(
      "That path is in none of the folders that are open to this server.",
      "Ask the user to open its folder, or take a path in one of these:" +
          (offered.empty() ? "\n(none)" : offered));
}

Task<std::vector<Entry>> list_folder(Context& context, std::string path) {
  const fs::path folder = CO_TRY(co_await allowed(context, path));
  std::vector<Entry> entries;
  // What the file system says no to leaves as std::system_error: the agent is told what that means.
  for (const auto& each : fs::directory_iterator(folder)) {
    if (entries.size() == max_entries)
      throw sallyport::FatalToolError("The folder has more than 1000 entries.");
    const bool is_folder = each.is_directory();
    const auto size = each.is_regular_file() ? each.file_size() : 0;
    entries.push_back({each.path().filename().string(), is_folder, static_cast<std::int64_t>(size)});
  }
  co_return entries;
}

Task<std::string> read_file(Context& context, std::string path) {
  const fs::path file = CO_TRY(co_await allowed(context, path));
  if (!fs::is_regular_file(file)) throw sallyport::ToolInputError("There is no such file.");
  if (fs::file_size(file) > max_bytes) throw sallyport::FatalToolError("The file has more than 1 MiB.");
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::system_error(errno, std::generic_category());
  co_return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace

int main(int argc, char** argv) {
  sallyport::Server app("files", "1.0");
  app.instructions("Reads files of the folders that the client opened.");
  app.tool("list_folder", "What is in a folder.", list_folder, {{"path", "An absolute path"}})
      .read_only()
      .needs(Capability::roots);
  app.tool("read_file", "The text of a file.", read_file, {{"path", "An absolute path"}})
      .read_only()
      .needs(Capability::roots);
  return app.run(argc, argv);
}
