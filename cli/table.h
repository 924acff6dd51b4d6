#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace feedwire::cli {

/// Rows of text under headings, for people. Used by one thread.
class Table {
 public:
  struct Column {
    std::string heading;
    bool right = false;       // numbers
    std::size_t least = 4;    // is not made narrower than this
    bool may_shrink = false;  // takes part when the terminal is too narrow
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// One cell a column, raw: made visible here (S16).
  void add_row(std::vector<std::string> cells);

  /// The table in at most `width` columns of the terminal as far as the widest columns can give
  /// way; 0 = as wide as it is. Two spaces between columns, no white space at the end of a line.
  std::string text(std::size_t width) const;

 private:
  std::vector<std::size_t> column_widths(std::size_t width) const;
  void append_row(std::string& out, const std::vector<std::string>& cells,
                  const std::vector<std::size_t>& widths) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;  // visible() text
};

}  // namespace feedwire::cli
