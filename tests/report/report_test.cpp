// A run's report: complete, self-contained, and drawn by a browser.
#include "kennel/report/report.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <map>
#include <set>

#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "kennel/report/sweep_page.h"
#include "kennel/run/run_config.h"
#include "src/report/report_data.h"
#include "tests/io/temp_folder.h"
#include "tests/judge/big_robot.h"
#include "tests/judge/test_policies.h"

namespace kennel::report {
namespace {

class ReportTest : public testing::Test {
 protected:
  ReportTest()
      : run_(RunFolder::create(folder_ / "a <run>", recipe_text(RunConfig{}), IfExists::kRefuse)) {
    write_file_atomically(run_.path() / "metrics.csv",
                          "step,iteration,time/iteration_seconds,env/reward,reward/track_velocity\n"
                          "1000,1,0.5,0.1,\n2000,2,0.5,0.2,0.25\n");
    write_file_atomically(run_.machine(), R"({"processor": "</script><b>"})");
  }

  Subject subject() const { return subject_of(run_, load_policy(run_.policy().string())); }

  std::string write(const ReportOptions& options) {
    write_report(subject(), run_.report(), options);
    return read_file(run_.report().string());
  }

  /// The page's data, as the browser finds them.
  static Json data_of(const std::string& page) {
    const std::string before = "<script id=\"data\" type=\"application/json\">";
    const std::size_t from = page.find(before) + before.size();
    return Json::parse(page.substr(from, page.find("</script>", from) - from));
  }

  /// By a browser, where there is one.
  void expect_drawn() const {
    const std::string command = "'" KENNEL_PYTHON_PATH "' '" KENNEL_SOURCE_DIR
                                "/tests/report/browser_test.py' '" +
                                run_.report().string() + "'";
    const int status = WEXITSTATUS(std::system(command.c_str()));
    if (status == 77) GTEST_SKIP() << "Chromium is not installed";
    EXPECT_EQ(status, 0);
  }

  TempFolder folder_;
  RunFolder run_;
  const ReportOptions quick_{.judge_episodes = 1, .slow_episodes = 1, .sweep_episodes = 0};
};

TEST_F(ReportTest, HoldsEveryPartAndNothingFromElsewhere) {
  PolicyFile policy = trembling_policy();
  policy.env_steps = 1500;  // the curves go on to 2000
  write_policy(run_.policy().string(), policy);
  const std::string page = write(quick_);
  EXPECT_LT(page.size(), 5u << 20);
  for (const char* outside : {"src=\"http", "href=\"http", "@import", "url(http"})
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  EXPECT_EQ(page.find("{{"), std::string::npos);
  EXPECT_NE(page.find("<title>a &lt;run></title>"), std::string::npos);

  const Json data = data_of(page);
  EXPECT_EQ(data["title"], "a <run>");
  std::map<std::string, std::string> summary;
  for (const Json& row : data["summary"]) summary[row[0]] = row[1];
  EXPECT_EQ(summary["policy after"], "1.50k steps");
  EXPECT_EQ(summary["processor"], "</script><b>");
  EXPECT_EQ(summary["network"], "72 - 10 - 12, elu tanh");
  EXPECT_EQ(data["curves"]["series"][2]["name"], "reward/track_velocity");
  EXPECT_TRUE(data["curves"]["series"][2]["values"][0].is_null());
  ASSERT_EQ(data["judge"].size(), 4u);
  EXPECT_EQ(data["judge"][1]["physics"], "Kennel");
  EXPECT_EQ(summary["judge's seed"], "1000, published");
  ASSERT_EQ(data["slow"]["cells"].size(), 9u);
  EXPECT_EQ(data["slow"]["cells"][1]["vx"], 0.25);
  EXPECT_EQ(data["slow"]["worst"]["episodes"], 9);
  double worst = 0;
  for (const Json& cell : data["slow"]["cells"])
    worst = std::max(worst, cell["velocity_rmse"].get<double>());
  EXPECT_EQ(data["slow"]["worst"]["velocity_rmse"], worst);
  EXPECT_EQ(data["tracking"]["vx"]["command"].size(), 7u);
  EXPECT_EQ(data["recipe"], recipe_text(RunConfig{}));
  EXPECT_FALSE(data.contains("sweeps"));
  bool friction = false;
  for (const Json& range : data["randomization"]) friction |= range["name"] == "friction";
  EXPECT_TRUE(friction);
}

TEST_F(ReportTest, TheReplayFollowsTheEpisode) {
  write_policy(run_.policy().string(), trembling_policy());
  const Json data = data_of(write(quick_));
  const Json &episode = data["episode"], &replay = data["replay"];
  const std::size_t steps = episode["command"].size();
  EXPECT_EQ(steps, 600u);
  for (const char* part :
       {"measured", "foot_contact", "joint_position", "joint_target", "joint_torque"})
    EXPECT_EQ(episode[part].size(), steps) << part;
  ASSERT_EQ(replay["poses"].size(), steps);
  EXPECT_EQ(replay["poses"][0].size(), 7 * replay["bodies"].size());
  EXPECT_EQ(replay["bodies"][1], "base_link");
  EXPECT_NEAR(replay["poses"][0][7 + 2].get<double>(), 0.17, 0.001);  // the base's height at start
  EXPECT_GT(replay["geoms"].size(), 20u);
  EXPECT_EQ(replay["command"], episode["command"]);
  int touching = 0;
  for (const Json& feet : episode["foot_contact"]) touching += feet[0].get<int>();
  EXPECT_GT(touching, 300);
}

TEST_F(ReportTest, ABigRobotIsShownAsItIsInTheModelOfItsRun) {
  write_policy(run_.policy().string(), big_standing_policy());
  const ReportOptions shown{.judge_episodes = 0, .slow_episodes = 1, .sweep_episodes = 0};
  EXPECT_NE(error_of([&] { write(shown); }).find("--model"), std::string::npos);
  write_raw(run_.robot(), BigRobot{}.mjcf());
  const Json data = data_of(write(shown));
  const Json &episode = data["episode"], &replay = data["replay"];
  EXPECT_FALSE(episode["fell"]);
  EXPECT_EQ(episode["foot_names"], (Json{"front left", "front right", "back left", "back right"}));
  EXPECT_EQ(episode["torque_limit"], Json(std::vector<double>(12, 150.0)));
  EXPECT_NEAR(episode["command"][0][0].get<double>(), 1.2, 1e-9);  // 0.8 of 1.5 m/s
  EXPECT_EQ(replay["floor"], -0.3);
  EXPECT_EQ(replay["size"], 4.0);
  const int base = replay["base"];
  EXPECT_EQ(replay["bodies"][base], "trunk");
  EXPECT_NEAR(replay["poses"][0][7 * base + 2].get<double>(), 0.56 - 0.3, 0.005);
  EXPECT_EQ(data["slow"]["cells"][1]["vx"], 0.5);
  std::map<std::string, std::string> summary;
  for (const Json& row : data["summary"]) summary[row[0]] = row[1];
  EXPECT_EQ(summary["robot"], "big");
  EXPECT_EQ(summary["trained in steps of"], "2 ms");
  EXPECT_EQ(summary["size"], "4 times the default robot's legs");
  EXPECT_EQ(summary["gains"], "kp 200, kd 6");
}

TEST_F(ReportTest, APoseIsShownByWhatItIsTold) {
  write_policy(run_.policy().string(), standing_pose_policy());
  const Json data = data_of(write({.judge_episodes = 1, .slow_episodes = 1, .sweep_episodes = 1}));
  EXPECT_EQ(data["told"]["quantities"][0]["name"], "pitch");
  EXPECT_EQ(data["told"]["quantities"][2]["unit"], "m");
  EXPECT_EQ(data["told"]["errors"][0]["key"], "tilt_rmse");
  EXPECT_TRUE(data["judge"][0].contains("height_rmse"));
  EXPECT_FALSE(data["judge"][0].contains("cost_of_transport"));
  EXPECT_FALSE(data.contains("slow"));  // those are a walk's
  EXPECT_EQ(data["tracking"]["roll"]["command"].size(), 7u);
  EXPECT_TRUE(data["sweeps"][0]["cells"][0].contains("tilt_rmse"));
  EXPECT_EQ(data["grid"]["third"].size(), 5u);
  EXPECT_FALSE(data["replay"].contains("velocity"));
  EXPECT_NEAR(data["episode"]["command"][0][0].get<double>(), 0.2, 1e-9);  // 0.8 of 0.25 rad
  expect_drawn();
}

TEST_F(ReportTest, SweepsCarryTheRangesOfTheRecipe) {
  write_policy(run_.policy().string(), standing_policy());
  const Json data = data_of(write({.judge_episodes = 0, .slow_episodes = 0, .sweep_episodes = 1}));
  EXPECT_FALSE(data.contains("judge"));
  EXPECT_FALSE(data.contains("slow"));
  ASSERT_EQ(data["sweeps"].size(), 6u);
  for (const Json& sweep : data["sweeps"]) {
    EXPECT_FALSE(sweep["trained"].is_null()) << sweep["name"];
    EXPECT_EQ(sweep["cells"][0]["episodes"], 1);
  }
  EXPECT_EQ(data["sweeps"][1]["trained"], (Json{0.0, 20.0}));  // ms
  EXPECT_EQ(data["grid"]["error"].size(), data["grid"]["third"].size());
}

TEST_F(ReportTest, ABrowserDrawsIt) {
  write_policy(run_.policy().string(), trembling_policy());
  write(quick_);
  expect_drawn();
}

TEST_F(ReportTest, APolicyWithoutARunHasNoCurvesButAllElse) {
  write_report({"other", "other.json", trembling_policy()}, folder_ / "other.html", quick_);
  const Json data = data_of(read_file((folder_ / "other.html").string()));
  EXPECT_EQ(data["judge"][0]["policy"], "other.json");
  for (const char* part : {"tracking", "episode", "replay", "contract"})
    EXPECT_TRUE(data.contains(part)) << part;
  for (const char* part : {"curves", "recipe", "randomization"})
    EXPECT_FALSE(data.contains(part)) << part;
}

TEST_F(ReportTest, WhatWasJudgedAlreadyIsNotPlayedAgain) {
  write_policy(run_.policy().string(), standing_policy());
  ReportOptions known = quick_;
  known.judged = {{judge::Condition::kNominal, judge::Physics::kMujoco, {}}};
  known.judged[0].result.falls = 17;
  std::set<std::string> played;
  known.on_progress = [&](const std::string& what, int) { played.insert(what); };
  const Json data = data_of(write(known));
  ASSERT_EQ(data["judge"].size(), 1u);
  EXPECT_EQ(data["judge"][0]["falls"], 17);
  EXPECT_EQ(played, (std::set<std::string>{"slow commands", "tracking"}));
}

TEST_F(ReportTest, ASweepHasItsTableAndTheCurvesOfItsRuns) {
  EXPECT_DOUBLE_EQ(trained_seconds(run_), 1.0);
  SweepPage page{.title = "a <sweep>"};
  page.summary = {{"runs complete", "1 of 2"}};
  page.table = {{"columns", Json::parse(R"([["gamma", "", false], ["velocity", "m/s", true]])")},
                {"rows", Json::parse(R"([["0.9", "0.123"], ["</script>", "-"]])")},
                {"sorted_by", "velocity"}};
  page.settings = {{"gamma = 0.9", {{1, run_.path()}, {2, folder_ / "not yet"}}}, {"other"}};
  write_sweep_page(page, run_.report());  // where expect_drawn looks
  const Json data = data_of(read_file(run_.report().string()));
  EXPECT_EQ(data["title"], "a <sweep>");
  EXPECT_EQ(data["table"]["rows"][1][0], "</script>");
  const Json& runs = data["settings"][0]["runs"];
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_EQ(runs[0]["seed"], 1);
  EXPECT_EQ(runs[0]["step"], (Json{1000.0, 2000.0}));
  EXPECT_EQ(runs[0]["env/reward"], (Json{0.1, 0.2}));
  expect_drawn();
}

TEST_F(ReportTest, AFolderThatIsNotThereIsNamedBeforeAnythingIsPlayed) {
  write_policy(run_.policy().string(), standing_policy());
  ReportOptions options = quick_;
  options.on_progress = [](const std::string&, int) { FAIL() << "it played"; };
  const std::string error =
      error_of([&] { write_report(subject(), folder_ / "nowhere" / "report.html", options); });
  EXPECT_NE(error.find("folder does not exist"), std::string::npos) << error;
}

}  // namespace
}  // namespace kennel::report
