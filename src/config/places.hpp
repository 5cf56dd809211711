// Where keys were written, for the checks that look at more than one: a mistake is reported at its own place.
#pragma once

#include "config/decode.hpp"

#include <initializer_list>
#include <string_view>
#include <utility>

namespace sallyport::config {

class Places {
 public:
  // `file` stands for what was not written at all.
  Places(const Draft& draft, Written file, Diagnostics& out)
      : draft_(draft), file_(std::move(file)), out_(out) {}

  const Written* written(std::string_view path) const;
  // Its value, written or the default, may be compared with others.
  bool usable(std::string_view path) const;

  // Reports at `path`, or at what contains it if it was not written.
  void error(std::string_view path, Finding finding) { add(Severity::error, path, std::move(finding)); }
  void warning(std::string_view path, Finding finding) { add(Severity::warning, path, std::move(finding)); }

  // Reports each of `names` under `path` that was written: they mean something beside `belongs` only.
  void misplaced(std::string_view path, std::initializer_list<std::string_view> names,
                 std::string_view belongs);

 private:
  void add(Severity severity, std::string_view path, Finding finding);

  const Draft& draft_;
  Written file_;
  Diagnostics& out_;
};

}  // namespace sallyport::config
