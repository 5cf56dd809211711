#include "net/file_watch.hpp"

#include "net/pipe.hpp"

#include <array>
#include <cstring>
#include <deque>
#include <filesystem>

#include <sys/inotify.h>
#include <unistd.h>

namespace sallyport::net {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds coalescing{200};
constexpr int max_symlinks = 40;  // as the kernel
constexpr std::uint32_t mask = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE;

}  // namespace

std::vector<std::pair<std::string, std::string>> watch_points(const std::string& file) {
  std::vector<std::pair<std::string, std::string>> points;
  std::error_code failed;
  const fs::path absolute = fs::absolute(file, failed);
  std::deque<fs::path> rest;
  for (const fs::path& part : absolute.relative_path()) rest.push_back(part);
  fs::path at = "/";
  for (int symlinks = 0; !rest.empty() && symlinks <= max_symlinks;) {
    const fs::path part = rest.front();
    rest.pop_front();
    if (part == "." || part.empty()) continue;
    if (part == "..") {
      at = at.parent_path();
      continue;
    }
    const fs::path target = fs::read_symlink(at / part, failed);
    if (failed) {
      if (rest.empty()) points.emplace_back(at, part);
      at /= part;
      continue;
    }
    ++symlinks;
    points.emplace_back(at, part);
    if (target.is_absolute()) at = "/";
    std::deque<fs::path> way;
    for (const fs::path& each : target.relative_path()) way.push_back(each);
    rest.insert(rest.begin(), way.begin(), way.end());
  }
  return points;
}

FileWatch::FileWatch(task::Loop& loop, std::function<void()> changed)
    : loop_(&loop), changed_(std::move(changed)), coalesce_(loop.timers()), group_(loop) {
  UniqueFd descriptor(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!descriptor) return;
  descriptor_ = descriptor.get();
  stream_ = open_pipe(loop, std::move(descriptor));
  group_.spawn(read());
}

FileWatch::~FileWatch() = default;

bool FileWatch::watch(std::span<const std::string> files) {
  std::set<std::pair<std::string, std::string>> points;
  for (const std::string& file : files) {
    for (auto& point : watch_points(file)) points.insert(std::move(point));
  }
  if (points == points_) return true;
  if (!stream_) return false;
  for (const auto& [id, directory] : std::exchange(directories_, {})) ::inotify_rm_watch(descriptor_, id);
  points_.clear();
  bool all = true;
  for (const auto& point : points) {
    const int id = ::inotify_add_watch(descriptor_, point.first.c_str(), mask | IN_ONLYDIR);
    if (id < 0) {
      all = false;
      continue;
    }
    Directory& directory = directories_[id];
    directory.path = point.first;
    directory.names.insert(point.second);
  }
  if (all) points_ = std::move(points);
  return all;
}

Task<void> FileWatch::read() {
  std::array<char, 4096> buffer;
  for (;;) {
    const std::size_t n = CO_TRY(co_await read_some(*stream_, buffer));
    if (n == 0) co_return ok();
    take({buffer.data(), n});
  }
}

void FileWatch::take(std::string_view events) {
  bool concerned = false;
  while (events.size() >= sizeof(inotify_event)) {
    inotify_event event;
    std::memcpy(&event, events.data(), sizeof event);
    const char* const name_text = events.data() + sizeof event;
    const std::string_view name(name_text, ::strnlen(name_text, event.len));
    events.remove_prefix(std::min(sizeof event + event.len, events.size()));
    if ((event.mask & IN_Q_OVERFLOW) != 0) concerned = true;
    const auto directory = directories_.find(event.wd);
    if (directory == directories_.end() || !directory->second.names.contains(name)) continue;
    // A file that was just made is not written yet; a symlink is all that it will be.
    std::error_code failed;
    const bool made = (event.mask & IN_CREATE) != 0;
    if (made && !fs::is_symlink(fs::path(directory->second.path) / name, failed)) continue;
    concerned = true;
  }
  if (concerned && !coalesce_.active()) coalesce_.start(loop_->now() + coalescing, [this] { changed_(); });
}

Task<void> FileWatch::stop() {
  coalesce_.cancel();
  group_.cancel(task::CancelReason::shutdown);
  co_return co_await group_.join();
}

}  // namespace sallyport::net
