// The access log: one line for each finished call, rendered by hand and written in batches.
#pragma once

#include "task/timers.hpp"
#include "telemetry/call_record.hpp"
#include "telemetry/metrics.hpp"

#include <cstddef>
#include <functional>
#include <string>

namespace sallyport::telemetry {

// One line, with its end. JSON is the log's own form, text is that of a terminal without colours. Names that
// others chose are escaped and clipped.
void append_access_line(std::string& out, const CallRecord& record, bool json, std::string_view level);

// Buffers lines, at most `max_buffered` bytes and for at most `delay`, and hands them to the log's writer,
// which takes what fits without waiting. When stderr is slow lines stay here; what finds no room is dropped
// and counted. Calls are written at info, other requests at debug.
class AccessLog final : public CallObserver {
 public:
  static constexpr std::size_t max_buffered = std::size_t{256} << 10;
  static constexpr std::size_t batch = std::size_t{16} << 10;
  static constexpr std::chrono::milliseconds delay{100};

  // Takes whole lines and says how many bytes of them it took. By default log::write_lines.
  using Write = std::function<std::size_t(std::string_view lines)>;

  AccessLog(task::Timers& timers, Registry& metrics, Write write = {});
  ~AccessLog();

  void call_finished(const CallRecord& record) override;
  void flush();

 private:
  void schedule();

  task::Timers* timers_;
  Counter* dropped_;
  Write write_;
  std::string buffer_;
  task::Timer timer_;
};

}  // namespace sallyport::telemetry
