// Writes the audit record: a chain of JSON lines, appended by a thread of its own so that a slow disk holds
// up nobody.
#pragma once

#include "task/loop.hpp"
#include "task/task.hpp"
#include "telemetry/metrics.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace sallyport::telemetry {

struct AuditSettings {
  std::string file;
  bool refuse = false;  // a call of which no record can be written does not run
};

// One gateway a file: it is locked. The calls of this class are the loop's, none of them waits.
//
// Records that cannot be written (full disk, full queue) are counted; when writing works again the chain says
// how many there were. It is tried again every second.
class AuditLog {
 public:
  static constexpr std::size_t max_queued = std::size_t{4} << 20;
  static constexpr std::chrono::seconds patience{2};  // for a record that a call waits for

  // Opens the file (mode 0600), finds the end of its chain and writes that a gateway began. CONFIG_001 says
  // what is wrong with the file.
  static Result<std::unique_ptr<AuditLog>> open(task::Loop& loop, Registry& metrics, AuditSettings settings);
  ~AuditLog();

  const std::string& file() const noexcept;
  bool refuses() const noexcept;
  void set_refuses(bool refuse) noexcept;
  bool healthy() const noexcept;  // the last record was written

  // Members of a JSON object without its braces (telemetry/audit_record.hpp).
  void record(std::string fields);
  // The same, and waits until it is in the file; SYS_004 if it cannot be.
  Task<void> require(std::string fields);

  // After the file was renamed: the old one gets a last record, a new one goes on with the chain.
  void reopen();
  // Writes what is queued and that the gateway ended; afterwards records are dropped.
  void close();
  bool closed() const noexcept;

 private:
  struct State;
  AuditLog(task::Loop& loop, std::shared_ptr<State> state);

  task::Loop* loop_;
  std::shared_ptr<State> state_;
};

}  // namespace sallyport::telemetry
