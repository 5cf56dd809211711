// A file changes by being written, renamed over, or reached another way; everything else in its directory is
// not it.
#include "net/file_watch.hpp"

#include "support/run_task.hpp"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

namespace sallyport::net {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::Pair;

class FileWatchTest : public ::testing::Test {
 protected:
  FileWatchTest() {
    std::string name = (fs::temp_directory_path() / "file_watch_XXXXXX").string();
    directory = fs::canonical(::mkdtemp(name.data()));
  }
  ~FileWatchTest() override { fs::remove_all(directory); }
  std::string path(std::string_view name) const { return directory / name; }
  void write(std::string_view name) const { std::ofstream(directory / name) << "text"; }
  bool heard(int& changes) {
    const int before = changes;
    return testing::run_until(loop, [&] { return changes > before; });
  }

  fs::path directory;
  task::Loop loop;
};

TEST_F(FileWatchTest, PointsAreTheFileAndTheLinksOnItsWay) {
  fs::create_directories(directory / "2026");
  write("2026/file");
  fs::create_directory_symlink("2026", directory / "..data");
  fs::create_symlink("..data/file", directory / "file");
  const auto points = watch_points(path("file"));
  EXPECT_THAT(points, Contains(Pair(directory.string(), "file")));
  EXPECT_THAT(points, Contains(Pair(directory.string(), "..data")));
  EXPECT_THAT(points, Contains(Pair((directory / "2026").string(), "file")));
  fs::create_symlink("loop", directory / "loop");
  EXPECT_LE(watch_points(path("loop")).size(), 50u) << "a link to itself ends";
}

TEST_F(FileWatchTest, HearsOfEachWayToChange) {
  write("file");
  int changes = 0;
  FileWatch watch(loop, [&] { ++changes; });
  EXPECT_TRUE(watch.watch(std::vector{path("file")}));
  write("file");
  EXPECT_TRUE(heard(changes)) << "written in place";
  write("other");
  fs::rename(path("other"), path("file"));
  EXPECT_TRUE(heard(changes)) << "renamed over";
  fs::remove(path("file"));
  EXPECT_TRUE(heard(changes)) << "removed";
  write("elsewhere");
  fs::create_symlink("elsewhere", path("file"));
  EXPECT_TRUE(heard(changes)) << "a link now";
  EXPECT_EQ(changes, 4) << "the others in the directory are nobody's business";
  EXPECT_FALSE(watch.watch(std::vector<std::string>{"/nonexistent/directory/file"}));
  EXPECT_TRUE(testing::run(loop, watch.stop()));
}

}  // namespace
}  // namespace sallyport::net
