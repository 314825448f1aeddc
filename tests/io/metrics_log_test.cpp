#include "kennel/io/metrics_log.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstdio>

#include "kennel/io/atomic_file.h"
#include "temp_folder.h"

namespace kennel {
namespace {

using ::testing::HasSubstr;

using Row = std::vector<Scalar>;

TEST(MetricsLog, TheFirstRowFixesTheColumns) {
  const TempFolder folder;
  MetricsLog log(folder.path(), std::nullopt);
  log.write(10, Row{{"reward", 0.5}, {"falls", 3}});
  log.write(20, Row{{"reward", std::nan("")}, {"falls", 2}});
  log.write(25, Row{{"falls", 2}});
  log.write(30, Row{{"reward", 1.0 / 3.0}, {"new", 9}, {"falls", 1e-9}});
  EXPECT_EQ(read_file(folder / "metrics.csv"),
            "step,reward,falls\n10,0.5,3\n20,,2\n25,,2\n30,0.3333333,1e-09\n");
}

TEST(MetricsLog, ResumingDropsTheRowsAfterTheCheckpointAndARowCutInHalf) {
  const TempFolder folder;
  write_raw(folder / "metrics.csv", "step,reward\n10,1\n20,2\n30,3\n4");
  {
    MetricsLog log(folder.path(), 20);
    log.write(25, Row{{"reward", 7}});
  }
  EXPECT_EQ(read_file(folder / "metrics.csv"), "step,reward\n10,1\n20,2\n25,7\n");
}

TEST(MetricsLog, ResumingWithoutAFileStartsOne) {
  const TempFolder folder;
  MetricsLog log(folder.path(), 20);
  log.write(25, Row{{"reward", 7}});
  EXPECT_EQ(read_file(folder / "metrics.csv"), "step,reward\n25,7\n");
}

TEST(MetricsLog, AnotherFileOfThatNameIsRefused) {
  const TempFolder folder;
  write_raw(folder / "metrics.csv", "name,value\na,1\n");
  EXPECT_THAT(error_of([&] { MetricsLog(folder.path(), 5); }),
              HasSubstr("expected a first column named step, came 'name'"));
  EXPECT_THAT(error_of([&] { MetricsLog(folder.path(), std::nullopt); }),
              HasSubstr("exists already"));
  write_raw(folder / "metrics.csv", "step,value\n1,1\nx,1\n");
  EXPECT_THAT(error_of([&] { MetricsLog(folder.path(), 5); }),
              HasSubstr("metrics.csv:3: expected a step number, came 'x'"));
}

TEST(MetricsLog, AFileThatWasSavedOnAnotherSystemIsGoneOnWith) {
  const TempFolder folder;
  write_raw(folder / "metrics.csv", "\xef\xbb\xbfstep,falls,reward\r\n10,1,2\r\n20,2,3\r\n");
  {
    MetricsLog log(folder.path(), 20);
    log.write(25, Row{{"reward", 7}});
  }
  EXPECT_EQ(read_file(folder / "metrics.csv"), "step,falls,reward\n10,1,2\n20,2,3\n25,,7\n");
}

TEST(MetricsLog, AFullDiskLeavesNoHalfRow) {
  const TempFolder folder;
  MetricsLog log(folder.path(), std::nullopt);
  log.write(1, Row{{"reward", 0.5}});
  const std::string before = read_file(folder / "metrics.csv");
  {
    const FullDisk full(before.size() + 4);
    EXPECT_THROW(log.write(2, Row{{"reward", 0.123456}}), Error);
  }
  EXPECT_EQ(read_file(folder / "metrics.csv"), before);
}

TEST(EventFile, ChecksumIsTheCastagnoliPolynomial) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);            // the check value of every CRC catalogue
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);  // RFC 3720, appendix B.4
}

TEST(EventFile, AClockThatWentBackDoesNotPutANewFileBeforeAnOlderOne) {
  const TempFolder folder;
  const std::string ahead = "events.out.tfevents.9999999998.000000.1.kennel";
  write_raw(folder / ahead, "");
  const EventFile events(folder.path(), 0);
  ASSERT_EQ(folder.names().size(), 2u);
  EXPECT_EQ(folder.names().front(), ahead);
}

/// What a shell command prints; the test fails where it cannot run.
std::string output_of(const std::string& command, int* status) {
  FILE* pipe = ::popen(command.c_str(), "r");
  std::string out;
  char buffer[256];
  while (pipe != nullptr && std::fgets(buffer, sizeof buffer, pipe) != nullptr) out += buffer;
  *status = pipe == nullptr ? -1 : ::pclose(pipe);
  return out;
}

TEST(EventFile, TensorBoardReadsTheScalarsAndForgetsWhatAResumedRunDoesAgain) {
  int status = 0;
  const std::string python = KENNEL_PYTHON;
  output_of(python + " -c 'import tensorboard' 2>/dev/null", &status);
  if (status != 0) GTEST_SKIP() << python << " has no tensorboard; pip install tensorboard";

  const TempFolder folder;
  {
    EventFile events(folder.path(), 0);
    events.write(1, Row{{"reward/track", 0.5}, {"falls", 3}});
    events.write(200, Row{{"reward/track", 0.75}});
    events.write(300, Row{{"reward/track", 9.0}});
  }
  {
    EventFile resumed(folder.path(), 201);
    resumed.write(5000000000, Row{{"reward/track", -1.5}});
  }
  write_raw(folder / "read.py",
            "import sys\n"
            "from tensorboard.backend.event_processing import event_accumulator\n"
            "log = event_accumulator.EventAccumulator(sys.argv[1])\n"
            "log.Reload()\n"
            "for tag in sorted(log.Tags()['scalars']):\n"
            "    print(tag, [(e.step, e.value) for e in log.Scalars(tag)])\n");
  EXPECT_EQ(output_of(python + " " + (folder / "read.py").string() + " " + folder.path().string() +
                          " 2>/dev/null",
                      &status),
            "falls [(1, 3.0)]\n"
            "reward/track [(1, 0.5), (200, 0.75), (5000000000, -1.5)]\n");
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace kennel
