#include "cli/table.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

#include "cli/terminal_text.h"

namespace feedwire::cli {
namespace {

constexpr std::size_t kGap = 2;  // spaces between columns

}  // namespace

void Table::add_row(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (std::string& cell : cells) cell = visible(cell);
  rows_.push_back(std::move(cells));
}

std::vector<std::size_t> Table::column_widths(std::size_t width) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t widest = display_width(columns_[i].heading);
    for (const auto& row : rows_) widest = std::max(widest, display_width(row[i]));
    widths.push_back(widest);
  }
  if (width == 0) return widths;
  std::size_t total = std::accumulate(widths.begin(), widths.end(), kGap * (columns_.size() - 1));
  // Column by column from the widest: what gives way is what has most to give.
  while (total > width) {
    std::size_t widest = columns_.size();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].may_shrink && widths[i] > columns_[i].least &&
          (widest == columns_.size() || widths[i] > widths[widest]))
        widest = i;
    }
    if (widest == columns_.size()) break;
    --widths[widest];
    --total;
  }
  return widths;
}

void Table::append_row(std::string& out, const std::vector<std::string>& cells,
                       const std::vector<std::size_t>& widths) const {
  const std::size_t line_start = out.size();
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string cell = cut_to_width(cells[i], widths[i]);
    const std::string padding(widths[i] - display_width(cell), ' ');
    out += columns_[i].right ? padding + cell : cell + padding;
    if (i + 1 < cells.size()) out.append(kGap, ' ');
  }
  out.resize(std::max(out.find_last_not_of(' ') + 1, line_start));
  out += '\n';
}

std::string Table::text(std::size_t width) const {
  const std::vector<std::size_t> widths = column_widths(width);
  std::vector<std::string> headings;
  for (const Column& column : columns_) headings.push_back(column.heading);
  std::string out;
  append_row(out, headings, widths);
  for (const auto& row : rows_) append_row(out, row, widths);
  return out;
}

}  // namespace feedwire::cli
