// Tables of text: aligned for a terminal, or in Markdown.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace kennel {

struct TextColumn {
  std::vector<std::string> heads;  // lines, as many in every column
  std::vector<std::string> cells{};
  bool number = true;  // at the right
};

/// Lines of one width a column, the heads first; lines end without blanks.
std::string text_table(const std::vector<TextColumn>& columns);

/// The same as Markdown; a column's heads become one.
std::string markdown_table(const std::vector<TextColumn>& columns);

/// How a Markdown file begins: its title, and a table of names and values.
std::string markdown_head(const std::string& title,
                          const std::vector<std::pair<std::string, std::string>>& facts);

/// A number with four significant digits.
std::string short_text(double value);

/// A number with so many decimals; "-" for what is not finite.
std::string fixed_text(double value, int decimals);

}  // namespace kennel
