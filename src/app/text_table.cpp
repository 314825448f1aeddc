#include "text_table.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace kennel {
namespace {

/// Characters of UTF-8: bytes but for those that go on with one.
std::size_t length_of(const std::string& word) {
  return static_cast<std::size_t>(std::count_if(word.begin(), word.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::size_t width_of(const TextColumn& column) {
  std::size_t width = 0;
  for (const auto* words : {&column.heads, &column.cells})
    for (const std::string& word : *words) width = std::max(width, length_of(word));
  return width;
}

/// A cell of Markdown, where a bar would end it.
std::string markdown_cell(const std::string& words) {
  std::string out;
  for (const char c : words) c == '|' ? out += "\\|" : out += c;
  return out;
}

}  // namespace

std::string text_table(const std::vector<TextColumn>& columns) {
  std::string lines;
  const auto add_row = [&](std::vector<std::string> TextColumn::*part, std::size_t row) {
    std::string line;
    for (const TextColumn& column : columns) {
      const std::string& cell = (column.*part)[row];
      const std::string pad(width_of(column) - length_of(cell), ' ');
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
    heads += ' ' + markdown_cell(head) + " |";
    rule += column.number ? "---:|" : "---|";
  }
  for (std::size_t row = 0; row < columns.front().cells.size(); ++row) {
    rows += '|';
    for (const TextColumn& column : columns) rows += ' ' + markdown_cell(column.cells[row]) + " |";
    rows += '\n';
  }
  return heads + '\n' + rule + '\n' + rows;
}

std::string markdown_head(const std::string& title,
                          const std::vector<std::pair<std::string, std::string>>& facts) {
  std::string all = "# " + title + "\n\n| | |\n|---|---|\n";
  for (const auto& [name, value] : facts)
    all += "| " + markdown_cell(name) + " | " + markdown_cell(value) + " |\n";
  return all;
}

std::string short_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
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
