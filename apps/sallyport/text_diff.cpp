#include "text_diff.hpp"

#include "base/strings.hpp"
#include "output.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace sallyport::cli {
namespace {

using Lines = std::vector<std::string_view>;

constexpr std::size_t longest_line = 160;
constexpr std::size_t most_pairs = 4'000'000;  // of lines to compare; beyond, all of them count as changed

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    if (lines.back().ends_with('\r')) lines.back().remove_suffix(1);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

class Diff {
 public:
  Diff(std::string_view before, std::string_view after, bool colours)
      : before_(lines_of(before)), after_(lines_of(after)), colours_(colours) {}

  std::string run() {
    std::size_t begin = 0;
    std::size_t same_end = 0;
    const std::size_t shorter = std::min(before_.size(), after_.size());
    while (begin < shorter && before_[begin] == after_[begin]) ++begin;
    while (same_end < shorter - begin &&
           before_[before_.size() - 1 - same_end] == after_[after_.size() - 1 - same_end]) {
      ++same_end;
    }
    const std::size_t rows = before_.size() - same_end - begin;
    const std::size_t columns = after_.size() - same_end - begin;
    if (rows * columns > most_pairs) {
      hunk(begin, begin + rows, begin, begin + columns);
    } else {
      compare(begin, rows, columns);
    }
    return std::move(out_);
  }

 private:
  // The longest common sequence, by the table of its lengths from each pair to the end.
  void compare(std::size_t begin, std::size_t rows, std::size_t columns) {
    std::vector<std::uint32_t> length((rows + 1) * (columns + 1), 0);
    const auto at = [&](std::size_t i, std::size_t j) -> std::uint32_t& {
      return length[i * (columns + 1) + j];
    };
    const auto same = [&](std::size_t i, std::size_t j) { return before_[begin + i] == after_[begin + j]; };
    for (std::size_t i = rows; i-- > 0;) {
      for (std::size_t j = columns; j-- > 0;) {
        at(i, j) = same(i, j) ? at(i + 1, j + 1) + 1 : std::max(at(i + 1, j), at(i, j + 1));
      }
    }
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < rows || j < columns) {
      const std::size_t from_i = i;
      const std::size_t from_j = j;
      while ((i < rows || j < columns) && !(i < rows && j < columns && same(i, j))) {
        const bool removes = j == columns || (i < rows && at(i + 1, j) >= at(i, j + 1));
        ++(removes ? i : j);
      }
      if (from_i != i || from_j != j) hunk(begin + from_i, begin + i, begin + from_j, begin + j);
      while (i < rows && j < columns && same(i, j)) ++i, ++j;
    }
  }

  void hunk(std::size_t from, std::size_t to, std::size_t new_from, std::size_t new_to) {
    if (from == to && new_from == new_to) return;
    const auto range = [](std::size_t begin, std::size_t end) {
      const std::size_t line = begin == end ? begin : begin + 1;
      return end - begin == 1 ? fmt::to_string(line) : fmt::format("{},{}", line, end - begin);
    };
    out_ +=
        paint(Style::dim, fmt::format("@@ -{} +{} @@", range(from, to), range(new_from, new_to)), colours_) +
        "\n";
    for (std::size_t i = from; i < to; ++i) line('-', Style::red, before_[i]);
    for (std::size_t i = new_from; i < new_to; ++i) line('+', Style::green, after_[i]);
  }

  void line(char sign, Style style, std::string_view text) {
    const std::string_view shown = clip(text, longest_line);
    const std::string whole = sign + escape_terminal(shown) + (shown.size() < text.size() ? " …" : "");
    out_ += paint(style, whole, colours_) + "\n";
  }

  Lines before_;
  Lines after_;
  bool colours_;
  std::string out_;
};

}  // namespace

std::string diff(std::string_view before, std::string_view after, bool colours) {
  return Diff(before, after, colours).run();
}

}  // namespace sallyport::cli
