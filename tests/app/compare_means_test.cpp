// What a comparison's seconds are of: minutes, threads and device, which its folder keeps.
#include "compare_program.h"

namespace kennel {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

TEST_F(CompareProgram, MinutesEndARunAndAnInterruptedOneHasWhatIsLeftOfThem) {
  const std::vector<std::string> more = {"--minutes", "0.02", "--seeds", "1"};
  std::string recipe = read_file(folder_ / "tiny.toml");
  recipe.replace(recipe.find("4096"), 4, "1000000000000");
  write_raw(folder_ / "tiny.toml", recipe);
  const Outcome outcome = compare("out", more);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto run = folder_ / "out" / "runs" / "tiny_es,seed=1";
  EXPECT_THAT(read_file(run / "finished"), HasSubstr("--minutes over"));
  EXPECT_THAT(compare("out", more).err, HasSubstr("2 of 2 runs complete"));
  const std::string log = read_file(folder_ / "out" / "logs" / "tiny_es,seed=1.log");
  // Stopped before its policy was written: nothing of its time is left.
  std::filesystem::remove(run / "finished");
  ASSERT_EQ(compare("out", more).exit_code, 0);
  EXPECT_THAT(read_file(run / "finished"), HasSubstr("--minutes over"));
  std::istringstream lines(read_file(folder_ / "out" / "compare.jsonl"));
  std::string first;
  ASSERT_TRUE(std::getline(lines, first));
  const auto seconds = nlohmann::json::parse(first).at("seconds").get<double>();
  EXPECT_LT(seconds, 1.5 * 0.02 * 60);  // 1.2 s, not 2.4
  EXPECT_GT(read_file(folder_ / "out" / "logs" / "tiny_es,seed=1.log").size(), log.size());
  EXPECT_THAT(compare("out", {"--minutes", "0.03", "--seeds", "1"}).err,
              HasSubstr("out has runs of 0.02 minutes, and 0.03 minutes is asked for"));
  EXPECT_THAT(compare("out", {"--seeds", "1"}).err,
              HasSubstr("0.02 minutes, and a number of steps is asked for"));
}

TEST_F(CompareProgram, SecondsOfOtherMeansAreRefusedUnderMinutesAndWarnedOfUnderSteps) {
  ASSERT_EQ(compare("out", {"--jobs", "1"}).exit_code, 0);
  const auto file = folder_ / "out" / "compare.json";
  Json means = Json::parse(read_file(file));
  EXPECT_EQ(means.at("device"), "cpu");
  EXPECT_GE(means.at("threads"), 1);
  EXPECT_TRUE(means.at("minutes").is_null());
  // As many threads as the runs that are there had, though there are more runs now.
  const auto threads = means.at("threads").get<int>();
  EXPECT_THAT(
      compare("out", {"--seeds", "3", "--dry-run"}).out,
      HasSubstr(threads == 1 ? " 1 thread each" : " " + std::to_string(threads) + " threads"));
  // Trained by as many threads as no machine has.
  means["threads"] = 100000;
  write_raw(file, means.dump());
  EXPECT_THAT(compare("out").err, Not(HasSubstr("not comparable")));  // nothing is left to train
  EXPECT_THAT(
      compare("out", {"--seeds", "3", "--dry-run"}).err,
      AllOf(HasSubstr("warning: out has runs trained by 100000 threads on cpu, what is left"),
            HasSubstr("seconds are not comparable")));
  means["minutes"] = 5.0;
  write_raw(file, means.dump());
  const Outcome refused = compare("out", {"--seeds", "3", "--minutes", "5"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("runs of 5 minutes by 100000 threads on cpu, and by "));
  write_raw(file, "{}");
  EXPECT_THAT(compare("out").err, HasSubstr("compare.json: expected minutes, threads and device"));
}

}  // namespace
}  // namespace kennel
