// Tables of text.
#include "src/app/text_table.h"

#include <gtest/gtest.h>

#include <cmath>

namespace kennel {
namespace {

const std::vector<TextColumn> kColumns = {{{"", "method"}, {"ppo", "a|b"}, false},
                                          {{"judged", "falls"}, {"12", "3"}}};

TEST(TextTable, NumbersAreAtTheRightAndNoLineEndsWithBlanks) {
  EXPECT_EQ(text_table(kColumns),
            "        judged\n"
            "method   falls\n"
            "ppo         12\n"
            "a|b          3\n");
  EXPECT_EQ(text_table({{{"a"}, {"1"}}, {{"word"}, {"x"}, false}}), "a  word\n1  x\n");
  // Columns count characters of UTF-8.
  EXPECT_EQ(text_table({{{"a"}, {"\u00e9", "ee"}, false}, {{"b"}, {"1", "2"}}}),
            "a   b\n\u00e9   1\nee  2\n");
}

TEST(TextTable, InMarkdownHeadsAreOneAndABarEndsNoCell) {
  EXPECT_EQ(markdown_table(kColumns),
            "| method | judged falls |\n"
            "|---|---:|\n"
            "| ppo | 12 |\n"
            "| a\\|b | 3 |\n");
}

TEST(TextTable, AMarkdownFileBeginsWithItsTitleAndFactsWhoseBarsEndNoCell) {
  EXPECT_EQ(markdown_head("a study", {{"command", "`kennel --out 'a|b'`"}, {"seed", "1"}}),
            "# a study\n\n| | |\n|---|---|\n| command | `kennel --out 'a\\|b'` |\n| seed | 1 |\n");
}

TEST(TextTable, WhatIsNoNumberIsADashAndALargeOneStaysShort) {
  EXPECT_EQ(fixed_text(-0.12345, 3), "-0.123");
  EXPECT_EQ(fixed_text(2.0, 0), "2");
  EXPECT_EQ(fixed_text(std::nan(""), 3), "-");
  EXPECT_EQ(fixed_text(HUGE_VAL, 3), "-");
  EXPECT_EQ(fixed_text(-1e300, 3), "-1e+300");
}

}  // namespace
}  // namespace kennel
