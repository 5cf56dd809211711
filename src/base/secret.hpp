// A string that no stream or log prints and no formatter takes, and that leaves no copy behind in memory.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace sallyport {

class Secret {
 public:
  static constexpr std::string_view masked = "[secret]";

  Secret() = default;
  explicit Secret(std::string_view value) : value_(value) {}
  explicit Secret(std::string&& value) : value_(value) { wipe(value); }
  explicit Secret(const char* value) : value_(value) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) : value_(other.value_) { wipe(other.value_); }
  Secret& operator=(Secret other) noexcept {
    value_.swap(other.value_);
    return *this;
  }
  ~Secret() { wipe(value_); }

  // The one way to the value: grep for it.
  std::string_view reveal() const noexcept { return value_; }
  bool empty() const noexcept { return value_.empty(); }

  // In constant time for texts of the same length.
  bool matches(std::string_view other) const noexcept;

  friend std::ostream& operator<<(std::ostream& out, const Secret&) { return out << masked; }

 private:
  static void wipe(std::string& text) noexcept;

  std::string value_;
};

}  // namespace sallyport
