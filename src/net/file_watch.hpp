// Hears when one of some files may have changed: written in place, renamed over, or reached by a symlink that
// was swapped.
#pragma once

#include "base/unique_fd.hpp"
#include "net/stream.hpp"
#include "task/group.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace sallyport::net {

// Where a change of `file` shows: each directory that the way to it leads through by a symlink, and the name
// that is looked up there; and its own. An editor's rename and Kubernetes' swap of `..data` are two of these.
std::vector<std::pair<std::string, std::string>> watch_points(const std::string& file);

// Calls `changed` once for what happens within a short while. What cannot be watched is not: whoever holds
// this has another way to be told.
class FileWatch {
 public:
  FileWatch(task::Loop& loop, std::function<void()> changed);
  ~FileWatch();

  // From now on these files, wherever they are reached by now. False if one of them cannot be watched.
  bool watch(std::span<const std::string> files);
  Task<void> stop();

 private:
  Task<void> read();
  void take(std::string_view events);

  task::Loop* loop_;
  std::function<void()> changed_;
  int descriptor_ = -1;
  std::unique_ptr<Stream> stream_;
  std::set<std::pair<std::string, std::string>> points_;
  struct Directory {
    std::string path;
    std::set<std::string, std::less<>> names;
  };
  std::map<int, Directory> directories_;  // by watch
  task::Timer coalesce_;
  task::Group group_;
};

}  // namespace sallyport::net
