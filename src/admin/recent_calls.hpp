// The requests that ended last, each with a number, in a ring of fixed size.
#pragma once

#include "telemetry/call_record.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::admin {

// A few short texts in one piece of memory, which is used again.
template <std::size_t count>
class Texts {
 public:
  void assign(const std::array<std::string_view, count>& texts) {
    all_.clear();
    for (std::size_t i = 0; i < count; ++i) {
      all_ += texts[i];
      ends_[i] = static_cast<std::uint32_t>(all_.size());
    }
  }
  std::string_view operator[](std::size_t i) const noexcept {
    const std::uint32_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(all_).substr(begin, ends_[i] - begin);
  }

 private:
  std::string all_;
  std::array<std::uint32_t, count> ends_{};
};

// What is kept of a CallRecord. Its texts are names and ids of our own; `error` alone holds text of others,
// and is kept redacted.
struct RecentCall {
  std::uint64_t number = 0;
  SystemTime started{};
  std::chrono::microseconds took{};
  protocol::Revision revision = protocol::latest_legacy;
  protocol::Method method = protocol::Method::unknown;
  Texts<7> texts;
  telemetry::Outcome outcome;
  int attempts = 0;
  std::optional<protocol::RecoveryNote> recovery;
  std::size_t request_bytes = 0;
  CorrelationId correlation;
  telemetry::TraceId trace;
  std::optional<Error> error;

  std::string_view endpoint() const noexcept { return texts[0]; }
  std::string_view principal() const noexcept { return texts[1]; }
  std::string_view source() const noexcept { return texts[2]; }
  std::string_view session() const noexcept { return texts[3]; }
  std::string_view server() const noexcept { return texts[4]; }
  std::string_view target() const noexcept { return texts[5]; }
  std::string_view requested() const noexcept { return texts[6]; }
};

// Which of them somebody wants to see. Everything that is set has to hold.
struct CallFilter {
  enum class Requests : bool { calls, all };
  enum class Ending : std::uint8_t { any, ok, failed };

  Requests requests = Requests::calls;
  Ending ending = Ending::any;
  std::optional<Code> code;
  std::optional<std::string> server;
  std::optional<std::string> target;  // by its server's own name, or the name that was asked for
  std::string ref;                    // how its correlation id begins

  bool matches(const RecentCall& call) const noexcept;
};

class RecentCalls {
 public:
  explicit RecentCalls(std::size_t capacity) : capacity_(capacity) {}

  void add(const telemetry::CallRecord& record);

  // Numbers count from 1; `first` is the oldest that is kept, `next` what the next one gets.
  std::uint64_t first() const noexcept { return next_ - ring_.size(); }
  std::uint64_t next() const noexcept { return next_; }
  const RecentCall& at(std::uint64_t number) const { return ring_[(number - 1) % capacity_]; }

 private:
  std::size_t capacity_;
  std::vector<RecentCall> ring_;  // grows to its capacity, then its strings are used again
  std::uint64_t next_ = 1;
};

}  // namespace sallyport::admin
