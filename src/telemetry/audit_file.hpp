// The file of the audit record: opened and locked, its chain found, appended whole or not at all.
#pragma once

#include "base/unique_fd.hpp"
#include "errors/result.hpp"
#include "telemetry/audit_chain.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace sallyport::telemetry {

class AuditFile {
 public:
  // CONFIG_001: it cannot be opened, another gateway writes it, or it holds something else. An empty file
  // goes on with `head`, one with records by its last.
  static Result<AuditFile> open(const std::string& path, const audit::Head& head = {});

  const audit::Head& head() const noexcept { return head_; }
  std::size_t torn() const noexcept { return torn_; }  // bytes at the end that are no whole line

  // Appends these sealed lines and moves the head; an errno if not all of them could be written, and then
  // none is left in the file where that can be had.
  int append(std::string_view lines, const audit::Head& head);
  void sync() noexcept;
  void close() noexcept { fd_.reset(); }   // gives the lock back
  bool is(const std::string& path) const;  // does the path still name this file?

 private:
  explicit AuditFile(UniqueFd fd) : fd_(std::move(fd)) {}
  Result<void> find_end();
  Result<std::string> read_tail(std::size_t size) const;

  UniqueFd fd_;
  audit::Head head_;
  std::size_t torn_ = 0;
};

}  // namespace sallyport::telemetry
