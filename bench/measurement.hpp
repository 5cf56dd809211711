// What a run of the load generator measures: time, latencies, CPU times, wrong answers; and its report.
#pragma once

#include "histogram.hpp"
#include "socket.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <time.h>
#include <unistd.h>

namespace sallyport::bench {

using Nanoseconds = std::uint64_t;

inline Nanoseconds read_clock(clockid_t clock) {
  timespec time{};
  checked(::clock_gettime(clock, &time), "clock_gettime");
  return static_cast<Nanoseconds>(time.tv_sec) * 1'000'000'000 + static_cast<Nanoseconds>(time.tv_nsec);
}
inline Nanoseconds now() {
  return read_clock(CLOCK_MONOTONIC);
}

/// User and system time of a process so far: what /proc/PID/stat holds in ticks of 10 ms, in nanoseconds.
inline Nanoseconds cpu_time(pid_t pid) {
  clockid_t clock{};
  if (const int error = ::clock_getcpuclockid(pid, &clock); error != 0) {
    errno = error;
    die(fmt::format("CPU clock of process {}", pid));
  }
  return read_clock(clock);
}

/// What was found wrong, counted; the first is kept for the report.
class Faults {
 public:
  static constexpr std::uint64_t most = 100;  // then the run is given up

  void add(std::string what) {
    if (count_++ == 0) first_ = std::move(what);
  }
  std::uint64_t count() const { return count_; }
  bool too_many() const { return count_ >= most; }
  /// The first one as the inside of a JSON string.
  std::string first() const {
    std::string text = first_.substr(0, 400);
    std::ranges::replace_if(text, [](char c) { return c < ' ' || c > '~' || c == '"' || c == '\\'; }, '\'');
    return text;
  }

 private:
  std::uint64_t count_ = 0;
  std::string first_;
};

/// From the last answer of the warm-up to the last answer of all: time, latencies, CPU time of the watched
/// processes.
class Measurement {
 public:
  explicit Measurement(std::vector<pid_t> cpu_of) : pids_(std::move(cpu_of)) { pids_.push_back(::getpid()); }

  void start() {
    started_ = now();
    for (const pid_t pid : pids_) cpu_.push_back(cpu_time(pid));
  }
  bool running() const { return started_ != 0 && stopped_ == 0; }
  Nanoseconds started() const { return started_; }
  void add(Nanoseconds latency) { latencies_.add(latency); }
  std::uint64_t count() const { return latencies_.count(); }
  void stop() {
    if (!running()) return;
    stopped_ = now();
    for (std::size_t i = 0; i < pids_.size(); ++i) cpu_[i] = cpu_time(pids_[i]) - cpu_[i];
  }

  void report(const Faults& faults) const {
    const double seconds = static_cast<double>(stopped_ - started_) / 1e9;
    const auto us = [](Nanoseconds time) { return static_cast<double>(time) / 1e3; };
    std::string cpu;
    for (std::size_t i = 0; i + 1 < cpu_.size(); ++i) {
      cpu += fmt::format(R"({}"{}":{:.1f})", i == 0 ? "" : ",", pids_[i], us(cpu_[i]));
    }
    fmt::print(R"({{"requests":{},"errors":{},"first_error":"{}","seconds":{:.6f},"per_second":{:.1f},)"
               R"("latency_us":{{"p50":{:.1f},"p90":{:.1f},"p99":{:.1f},"max":{:.1f}}},)"
               R"("cpu_us":{{{}}},"own_cpu_us":{:.1f}}})"
               "\n",
               count(), faults.count(), faults.first(), seconds,
               seconds > 0 ? static_cast<double>(count()) / seconds : 0.0, us(latencies_.percentile(0.5)),
               us(latencies_.percentile(0.9)), us(latencies_.percentile(0.99)), us(latencies_.max()), cpu,
               cpu_.empty() ? 0.0 : us(cpu_.back()));
  }

 private:
  std::vector<pid_t> pids_;
  std::vector<Nanoseconds> cpu_;
  Histogram latencies_;
  Nanoseconds started_ = 0;
  Nanoseconds stopped_ = 0;
};

}  // namespace sallyport::bench
