// Rows in aligned columns, without borders.
#pragma once

#include "output.hpp"

#include <string>
#include <vector>

namespace sallyport::cli {

struct Cell {
  std::string text;  // escaped here: it may come from anywhere
  Style style = Style::plain;
};

class Table {
 public:
  explicit Table(std::vector<std::string> titles);
  void add(std::vector<Cell> row);  // as many cells as titles

  // `width`: the last column is cut so that lines fit; 0: nothing is cut.
  std::string render(std::size_t width, bool colours) const;

 private:
  std::vector<std::vector<Cell>> rows_;  // the first are the titles
};

// Characters, of which each is taken to fill one place on the terminal.
std::size_t count_characters(std::string_view text);
// At most `count` of them, the last of which is `…` where something is left out.
std::string shorten(std::string_view text, std::size_t count);

}  // namespace sallyport::cli
