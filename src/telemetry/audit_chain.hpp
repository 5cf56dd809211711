// The chain of the audit record: how a line is sealed, read and checked. docs/audit.md defines the format.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::telemetry::audit {

using Hash = std::array<std::byte, 32>;

// The last record of a chain; zeros before the first.
struct Head {
  std::uint64_t seq = 0;
  Hash hash{};
  friend bool operator==(const Head&, const Head&) = default;
};

// One line with its end: `{"seq":…,FIELDS,"prev":"…","hash":"…"}`. `fields` are the members of a JSON object
// without its braces. Moves the head on.
std::string seal(std::string_view fields, Head& head);

struct Line {
  std::uint64_t seq = 0;
  Hash prev{};
  Hash hash{};
  bool intact = false;      // the hash is that of prev and content
  std::string_view fields;  // as given to seal()
};

// A line without its end, as far as the chain is concerned: the fields are not looked at. Nothing for what
// was not made by seal().
std::optional<Line> read(std::string_view line);

// Lower-case hex of 64 characters.
std::optional<Hash> parse_hash(std::string_view text);

inline constexpr std::size_t longest_line = 16 * 1024;

enum class Fault : std::uint8_t { none, edited, deleted, reordered, truncated };
std::string_view name(Fault fault) noexcept;

// Follows a chain through the lines of one file after another.
class Verifier {
 public:
  struct Finding {
    Fault fault = Fault::none;
    std::string file;
    std::uint64_t line = 0;  // of its file, from 1
    std::uint64_t seq = 0;   // of the record there, 0: none could be read
    std::string what;
  };

  void begin_file(std::string name);
  // `ended`: the line had its line end.
  void add(std::string_view line, bool ended);
  // After the last line. With `expected`, what the last record's hash has to be.
  void finish(const std::optional<Hash>& expected = std::nullopt);

  const Finding& finding() const noexcept { return finding_; }  // the first fault
  bool sound() const noexcept { return finding_.fault == Fault::none; }
  std::uint64_t records() const noexcept { return records_; }
  std::uint64_t first() const noexcept {
    return first_;
  }  // over 1: the chain begins in a file that is not here
  const Head& head() const noexcept { return head_; }
  std::uint64_t torn() const noexcept {
    return torn_;
  }  // lines that a crash cut, and that the chain tells of
  bool ended() const noexcept { return ended_; }  // the last record is that of an orderly end

 private:
  void check(const Line& line);
  void report(Fault fault, std::uint64_t seq, std::string what);
  bool acknowledged(std::string_view fields) const;

  Finding finding_;
  Head head_;
  std::uint64_t records_ = 0;
  std::uint64_t first_ = 0;
  std::uint64_t torn_ = 0;
  bool ended_ = false;
  std::string file_;
  std::uint64_t line_ = 0;
  std::uint64_t missing_ = 0;             // the record that was expected where the chain broke
  std::optional<std::size_t> cut_bytes_;  // of a line that is no record, until the next one explains it
  std::uint64_t cut_line_ = 0;
  bool cut_ended_ = false;
};

}  // namespace sallyport::telemetry::audit
