#include "text_table.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace kennel {
namespace {

std::size_t width_of(const TextColumn& column) {
  std::size_t width = 0;
  for (const auto* words : {&column.heads, &column.cells})
    for (const std::string& word : *words) width = std::max(width, word.size());
  return width;
}

/// A cell of Markdown, where a bar would end it.
std::string escaped(const std::string& cell) {
  std::string out;
  for (const char c : cell) c == '|' ? out += "\\|" : out += c;
  return out;
}

}  // namespace

std::string text_table(const std::vector<TextColumn>& columns) {
  std::string lines;
  const auto add_row = [&](std::vector<std::string> TextColumn::*part, std::size_t row) {
    std::string line;
    for (const TextColumn& column : columns) {
      const std::string& cell = (column.*part)[row];
      const std::string pad(width_of(column) - cell.size(), ' ');
      line += (&column == &columns.front() ? "" : "  ") + (column.number ? pad + cell : cell + pad);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    lines += line + '\n';
  };
  for (std::size_t row = 0; row < columns.front().heads.size(); ++row)
    add_row(&TextColumn::heads, row);
  for (std::size_t row = 0; row < columns.front().cells.size(); ++row)
    add_row(&TextColumn::cells, row);
  return lines;
}

std::string markdown_table(const std::vector<TextColumn>& columns) {
  std::string heads = "|", rule = "|", rows;
  for (const TextColumn& column : columns) {
    std::string head;
    for (const std::string& part : column.heads)
      if (!part.empty()) head += (head.empty() ? "" : " ") + part;
    heads += ' ' + escaped(head) + " |";
    rule += column.number ? "---:|" : "---|";
  }
  for (std::size_t row = 0; row < columns.front().cells.size(); ++row) {
    rows += '|';
    for (const TextColumn& column : columns) rows += ' ' + escaped(column.cells[row]) + " |";
    rows += '\n';
  }
  return heads + '\n' + rule + '\n' + rows;
}

std::string fixed_text(double value, int decimals) {
  if (!std::isfinite(value)) return "-";
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  // Large numbers need more room than that, and nobody reads their decimals.
  if (std::abs(value) >= 1e9) std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

}  // namespace kennel
