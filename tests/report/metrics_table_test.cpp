#include "src/report/metrics_table.h"

#include <gtest/gtest.h>

#include <cmath>

#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "tests/io/temp_folder.h"

namespace kennel::report {
namespace {

class MetricsTableTest : public testing::Test {
 protected:
  MetricsTable read(const std::string& content) {
    write_file_atomically(folder_ / "metrics.csv", content);
    return read_metrics(folder_ / "metrics.csv");
  }
  std::string refusal(const std::string& content) {
    return error_of([&] { read(content); });
  }

  TempFolder folder_;
};

TEST_F(MetricsTableTest, EmptyCellsAreNoNumbersAndHalfARowIsNotRead) {
  const MetricsTable table = read("step,a,b/c\n10,1.5,\n20,,-3e-2\n30,1");
  EXPECT_EQ(table.step, (std::vector<double>{10, 20}));
  ASSERT_NE(table.find("b/c"), nullptr);
  EXPECT_TRUE(std::isnan((*table.find("b/c"))[0]));
  EXPECT_EQ((*table.find("b/c"))[1], -0.03);
  EXPECT_EQ(table.find("c"), nullptr);
}

TEST_F(MetricsTableTest, ReadsAFileThatWasSavedOnAnotherSystem) {
  const MetricsTable table = read("\xef\xbb\xbfstep,a\r\n10,1.5\r\n");
  EXPECT_EQ(table.step, (std::vector<double>{10}));
  ASSERT_NE(table.find("a"), nullptr);
  EXPECT_EQ((*table.find("a"))[0], 1.5);
}

TEST_F(MetricsTableTest, NamesTheLineThatIsWrong) {
  EXPECT_NE(refusal("time,a\n").find("\"step\" first"), std::string::npos);
  EXPECT_NE(refusal("step,a\n1,2\n2,2,3\n").find(":3: expected 2 cells"), std::string::npos);
  EXPECT_NE(refusal("step,a\n1,x\n").find(":2: expected a number, got \"x\""), std::string::npos);
}

TEST_F(MetricsTableTest, BeforeTheFirstIterationThereIsNothing) {
  EXPECT_TRUE(read("step,a\n").step.empty());
  EXPECT_TRUE(read_metrics(folder_ / "missing.csv").step.empty());
}

TEST_F(MetricsTableTest, ThinningAveragesNeighboursAndLeavesOutWhatIsMissing) {
  const MetricsTable table = read("step,a\n1,2\n2,4\n3,\n4,6\n5,8\n");
  const MetricsTable thin = thinned(table, 2);
  EXPECT_EQ(thin.step, (std::vector<double>{2, 5}));
  EXPECT_EQ(thin.series[0].values, (std::vector<double>{3, 7}));
  EXPECT_EQ(thinned(table, 100).step, table.step);
}

}  // namespace
}  // namespace kennel::report
