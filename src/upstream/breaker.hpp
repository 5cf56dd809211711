// Whether calls reach a server: what it gets wrong is counted, and past a threshold it is left alone until it
// has answered a question of the gateway's own.
#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::upstream {

struct BreakerRule {
  std::uint32_t failures = 5;  // within `window`, more than there were answers to make up for them
  std::chrono::milliseconds window{30000};
  std::chrono::milliseconds open{10000};  // from one probe to the next

  bool operator==(const BreakerRule&) const = default;
};

// Pure: the clock is the caller's, who also sends the probe. A server has one for each connection or process.
//
// It has parts, each closed, open or half open on its own: one for all calls, and up to `max_parts` that each
// stand for a tool, a caller, or one caller's calls of a tool. A failure that a caller may have caused counts
// for all calls too, but at most half the threshold comes from one caller: alone, a caller opens a part of
// their own and nobody else's. No call is ever a probe.
//
// What opens it is how much a server fails, not how much it is asked (ADR 0030): an answer makes up for one
// failure, but never for the end of a process, which cuts short the calls of all. Where many calls are
// answered it takes more failures, up to `most_failures` times as many: it is left alone when it stops
// answering, not when it fails one call in ten.
class Breaker {
 public:
  enum class State : std::uint8_t { closed, half_open, open };
  enum class Scope : std::uint8_t { server, tool, caller, caller_tool };

  struct Part {
    Scope scope = Scope::server;
    std::string caller;
    std::string tool;
    State state = State::closed;
    std::chrono::milliseconds probe_in{};
  };

  static constexpr std::size_t max_parts = 256;
  static constexpr std::uint32_t most_failures = 4;  // times the rule's
  static constexpr std::uint64_t answers_a_failure =
      10;  // a window's answers, for one failure more than the rule's

  explicit Breaker(const BreakerRule& rule) noexcept : rule_(&rule) {}

  // Nothing is open: every call passes.
  bool closed() const noexcept { return not_closed_ == 0; }
  State state() const noexcept { return all_.state; }  // of the part for all calls
  SteadyTime probe_at() const noexcept { return all_.probe_at; }

  struct Refusal {
    Scope scope = Scope::server;
    std::chrono::milliseconds retry_after{};  // to the next probe
  };
  // Nothing: the call may pass.
  std::optional<Refusal> refusal(SteadyTime now, std::string_view caller, std::string_view tool) const;

  // The server failed. `caller`: whose call it was, empty if no call can have caused it. Several calls that
  // one `incident` cut short are one failure, of the caller among them who had most of them.
  void failed(SteadyTime now, std::string_view caller, std::uint64_t incident = 0);
  // A tool did not answer in time, while the server answered others.
  void tool_failed(SteadyTime now, std::string_view caller, std::string_view tool);

  // It answered a call, with whatever a server that works would say.
  void answered(SteadyTime now, std::string_view caller, std::string_view tool);

  // When the next probe is due; nothing while all is closed or a probe is under way.
  std::optional<SteadyTime> next_probe() const;
  // A probe begins: of all parts whose time has come.
  void probing(SteadyTime now);
  void probed(SteadyTime now, bool answered);
  // The part for all calls is not probed before this: a process that ends at once is started more rarely.
  void postpone(SteadyTime until) noexcept;

  std::vector<Part> open_parts(SteadyTime now) const;  // that are not closed
  std::vector<Part> take_changes() { return std::exchange(changes_, {}); }

 private:
  struct Failure {
    SteadyTime when{};
    std::string caller;
    std::uint64_t incident = 0;
  };
  // Of the current half of a window and of the one before.
  struct Answers {
    SteadyTime half_began{};
    std::uint64_t now = 0;
    std::uint64_t before = 0;

    void turn(SteadyTime at, std::chrono::milliseconds half) noexcept;
    std::uint64_t count() const noexcept { return now + before; }
  };
  struct Gate {
    State state = State::closed;
    SteadyTime probe_at{};
    SteadyTime last_failed{};
    std::deque<Failure> failures;  // within the window, not made up for; fewer than the threshold
    Answers answers;
  };
  using Key = std::pair<std::string, std::string>;  // caller, tool

  std::uint32_t threshold(Gate& gate, SteadyTime now) const noexcept;
  void make_up(Gate& gate, SteadyTime now) const;
  bool unused(const Gate& gate, SteadyTime now) const noexcept;
  void sweep(SteadyTime now);
  void forget_old(Gate& gate, SteadyTime now) const;
  void count(Gate& gate, const Key& key, Failure failure, bool shared);
  static bool blame(Gate& gate, const Failure& failure, std::optional<std::uint32_t> share);
  Gate* part(const Key& key, SteadyTime now);
  void set(Gate& gate, const Key& key, State state, SteadyTime now);
  static Part describe(const Gate& gate, const Key& key, SteadyTime now);
  // Calls it with all parts, each a gate and its key.
  template <class Self, class Function>
  static void each(Self& self, Function function);

  const BreakerRule* rule_;
  Gate all_;
  std::map<Key, Gate> parts_;
  SteadyTime sweep_at_{};  // of the parts that nobody needs any more
  std::size_t not_closed_ = 0;
  std::vector<Part> changes_;
};

std::string_view name(Breaker::State state) noexcept;
std::string_view name(Breaker::Scope scope) noexcept;

}  // namespace sallyport::upstream
