// What a comparison comes to as tables: on the terminal, and as Markdown.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "kennel/report/comparison.h"
#include "text_table.h"

namespace kennel {

/// A row a method, in their order: how many seeds are judged, the first judged figure with its
/// interval, beside the best there is where that is known, the falls, steps and seconds to the
/// thresholds, steps and seconds of training. Medians over seeds.
std::vector<TextColumn> compare_columns(const report::Comparison& comparison,
                                        const report::ComparisonFacts& facts);

/// What the columns mean and what seeds do not tell apart, before and after the table.
std::string compare_text(const report::Comparison& comparison,
                         const report::ComparisonFacts& facts);

/// The same as a file of Markdown, with every quantity and how many runs came to which threshold.
/// \param head  name and value of what it says first; values are Markdown
std::string compare_markdown(const report::Comparison& comparison,
                             const report::ComparisonFacts& facts,
                             const std::vector<std::pair<std::string, std::string>>& head);

}  // namespace kennel
