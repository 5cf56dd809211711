// Hears of every request that ends: keeps the last ones, counts them, and tells the live tails.
#pragma once

#include "admin/call_stats.hpp"
#include "admin/recent_calls.hpp"
#include "net/http_server.hpp"
#include "task/wait.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/intrusive/list.hpp>

namespace sallyport::admin {

// Where a live tail begins: at a number (its `after` was seen already), or with what is kept of the last
// `recent`.
struct TailStart {
  std::optional<std::uint64_t> after;
  std::size_t recent = 0;
};

// A call costs its record in the ring and a few counters. Tails are written by a timer, several calls in one
// event, and only while there are any. A tail whose reader is slow stays where it is while the ring goes on:
// it loses the calls that are written over and is told how many; one that takes nothing for `patience` ends.
class CallFeed final : public telemetry::CallObserver {
 public:
  static constexpr std::size_t calls_kept = 2000;
  static constexpr std::size_t max_tails = 16;
  static constexpr std::size_t calls_in_event = 200;
  static constexpr std::size_t bytes_in_event = 64 * 1024;
  static constexpr std::chrono::milliseconds pace{100};
  static constexpr std::chrono::seconds keepalive{15};
  static constexpr std::chrono::seconds patience{30};

  CallFeed(task::Loop& loop, telemetry::CallHub& hub);
  ~CallFeed();

  void call_finished(const telemetry::CallRecord& record) override;

  const RecentCalls& recent() const noexcept { return recent_; }
  const CallStats& stats() const noexcept { return stats_; }
  // Eight hexadecimal digits that tell this run of the gateway from an earlier one.
  const std::string& run() const noexcept { return run_; }

  // "run-number", as events and calls carry it. Reading gives nothing for what another run wrote.
  std::string id(std::uint64_t number) const;
  std::optional<std::uint64_t> number(std::string_view id) const;

  bool full() const noexcept { return tails_.size() >= max_tails; }
  // Writes the stream until its reader goes, or end_tails().
  Task<void> tail(net::Exchange& exchange, const CallFilter& filter, TailStart start);
  void end_tails() noexcept;  // the gateway drains: those that are open, and those to come, end

 private:
  // One open stream: how far it has come.
  class Tail : public boost::intrusive::list_base_hook<> {
   public:
    Tail(CallFeed& feed, net::Exchange& exchange, const CallFilter& filter, std::uint64_t next);
    Task<void> run();
    void end() noexcept;
    bool flush();  // true: there is more to write
    void keep_alive();

   private:
    bool collect(std::string& calls, std::uint64_t& at) const;
    void stalled();

    CallFeed* feed_;
    net::Exchange* exchange_;
    CallFilter filter_;
    std::uint64_t next_;
    std::optional<SteadyTime> stalled_since_;
    bool ended_ = false;
    task::Event end_;
  };

  void schedule();
  void flush();
  void keep_alive();

  task::Loop* loop_;
  telemetry::CallHub* hub_;
  RecentCalls recent_{calls_kept};
  CallStats stats_;
  std::string run_;
  bool ending_ = false;
  boost::intrusive::list<Tail> tails_;
  task::Timer flush_;
  task::Timer keepalive_;
};

}  // namespace sallyport::admin
