#include "table.hpp"

#include "base/strings.hpp"

#include <algorithm>

namespace sallyport::cli {
namespace {

constexpr std::string_view gap = "  ";
constexpr std::size_t least_last_column = 12;

std::size_t character_at(std::string_view text) {
  char32_t ignored = 0;
  return std::max<std::size_t>(decode_utf8(text, ignored), 1);
}

}  // namespace

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(character_at(text));
  return count;
}

std::string shorten(std::string_view text, std::size_t count) {
  if (count == 0 || count_characters(text) <= count) return std::string(text);
  std::size_t end = 0;
  for (std::size_t kept = 0; kept + 1 < count; ++kept) end += character_at(text.substr(end));
  return std::string(text.substr(0, end)) + "…";
}

Table::Table(std::vector<std::string> titles) {
  std::vector<Cell> row;
  for (std::string& title : titles) row.push_back({std::move(title), Style::dim});
  rows_.push_back(std::move(row));
}

void Table::add(std::vector<Cell> row) {
  for (Cell& cell : row) cell.text = escape_terminal(cell.text);
  rows_.push_back(std::move(row));
}

std::string Table::render(std::size_t width, bool colours) const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], count_characters(row[i].text));
    }
  }
  std::size_t before_last = 0;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) before_last += widths[i] + gap.size();
  if (width > 0) {
    widths.back() = width > before_last + least_last_column ? width - before_last : least_last_column;
  }

  std::string out;
  for (const auto& row : rows_) {
    std::string line;
    std::size_t owed = 0;  // spaces, put in when something follows
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string text = shorten(row[i].text, widths[i]);
      if (text.empty()) {
        owed += widths[i] + gap.size();
        continue;
      }
      line.append(owed, ' ').append(paint(row[i].style, text, colours));
      owed = widths[i] - count_characters(text) + gap.size();
    }
    out += line + '\n';
  }
  return out;
}

}  // namespace sallyport::cli
