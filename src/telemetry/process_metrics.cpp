#include "telemetry/process_metrics.hpp"

#include "telemetry/metrics_names.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <system_error>

#include <unistd.h>

namespace sallyport::telemetry {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total_pages = 0;
  std::uint64_t resident_pages = 0;
  if (!(statm >> total_pages >> resident_pages)) return unknown;
  return static_cast<double>(resident_pages) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double open_descriptors() {
  std::error_code failed;
  std::filesystem::directory_iterator entry("/proc/self/fd", failed);
  std::int64_t count = -1;  // reading the directory needs a descriptor, which is not counted
  for (; !failed && entry != std::filesystem::directory_iterator(); entry.increment(failed)) ++count;
  return failed ? unknown : static_cast<double>(count);
}

}  // namespace

void register_process_metrics(Registry& registry, std::string_view version, SystemTime started) {
  registry.gauge(metrics::build_info, {version}).set(1);
  const std::chrono::duration<double> since_epoch = started.time_since_epoch();
  registry.gauge(metrics::process_start_time).set(since_epoch.count());
  registry.sampled(metrics::process_resident_memory, resident_bytes);
  registry.sampled(metrics::process_open_fds, open_descriptors);
}

}  // namespace sallyport::telemetry
