// Tables of text: aligned for a terminal, or in Markdown.
#pragma once

#include <string>
#include <vector>

namespace kennel {

struct TextColumn {
  std::vector<std::string> heads;  // lines, as many in every column
  std::vector<std::string> cells{};
  bool number = true;  // at the right
};

/// Lines of one width a column, the heads first; lines end without blanks.
std::string text_table(const std::vector<TextColumn>& columns);

/// A cell of Markdown, where a bar would end it.
std::string markdown_cell(const std::string& words);

/// The same as Markdown; a column's heads become one.
std::string markdown_table(const std::vector<TextColumn>& columns);

/// A number with so many decimals; "-" for what is not finite.
std::string fixed_text(double value, int decimals);

}  // namespace kennel
