// The small tasks through the whole program: trained, resumed, exported, scored; and what is
// refused because they have no robot.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "../io/temp_folder.h"
#include "subprocess.h"

namespace kennel {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class SmallTask : public ::testing::Test {
 protected:
  SmallTask() {
    write_raw(folder_ / "tiny.toml",
              "[train]\nnum_envs = 64\nsteps = 4096\ncheckpoint_every = 2\njudge_episodes = 50\n"
              "[ppo]\nnum_steps = 20\n[es]\npopulation = 16\n[apg]\nepisodes = 8\n");
  }

  Outcome kennel(const std::vector<std::string>& arguments) const {
    return run_kennel(folder_.path(), arguments);
  }

  Outcome train(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {"train", "--device", "cpu"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return kennel(arguments);
  }

  std::string checkpoint(const std::string& run) const {
    return read_file(folder_ / run / "checkpoints" / "last.ckpt");
  }

  /// The newest row of a run's metrics.csv by its columns.
  std::map<std::string, double> last_metrics(const std::string& run) const {
    std::istringstream file(read_file(folder_ / run / "metrics.csv"));
    std::string names, line, row;
    std::getline(file, names);
    while (std::getline(file, line)) row = line;
    std::istringstream columns(names), cells(row);
    std::map<std::string, double> metrics;
    for (std::string name, cell;
         std::getline(columns, name, ',') && std::getline(cells, cell, ',');)
      metrics[name] = std::strtod(cell.c_str(), nullptr);
    return metrics;
  }

  void expect_refused(const std::vector<std::string>& arguments, int code,
                      const std::string& message) const {
    const std::vector<std::string> before = folder_.names();
    const Outcome outcome = kennel(arguments);
    EXPECT_EQ(outcome.exit_code, code) << outcome.err;
    EXPECT_THAT(outcome.err, AllOf(StartsWith("kennel: "), HasSubstr(message)));
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(folder_.names(), before);
  }

  TempFolder folder_;
};

TEST_F(SmallTask, IsTrainedResumedAndScoredBesideItsOptimum) {
  const std::vector<std::string> lqr = {"--task", "lqr", "--config", "tiny.toml"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), lqr.begin(), lqr.end());
    return train(more);
  };
  const Outcome whole = with({"--out", "whole"});
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  EXPECT_THAT(whole.out, AllOf(HasSubstr("lqr"), HasSubstr("-6.631655")));
  EXPECT_THAT(whole.err, AllOf(HasSubstr("policy: whole/policy.json"), Not(HasSubstr("report")),
                               HasSubstr("      kennel compare default:ppo --task lqr   (")));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "whole" / "report.html"));
  const std::string recipe = read_file(folder_ / "whole" / "config.toml");
  EXPECT_THAT(recipe,
              AllOf(HasSubstr("\n[task]"), Not(HasSubstr("\n[robot]")), Not(HasSubstr("\n[env"))));
  EXPECT_THAT(read_file(folder_ / "whole" / "metrics.csv"), HasSubstr("episode/return"));

  ASSERT_EQ(with({"--out", "parts", "--minutes", "0"}).exit_code, 0);
  ASSERT_EQ(train({"--resume", "parts"}).exit_code, 0);
  EXPECT_EQ(checkpoint("parts"), checkpoint("whole"));
  ASSERT_EQ(with({"--out", "threads", "--threads", "2"}).exit_code, 0);
  EXPECT_EQ(checkpoint("threads"), checkpoint("whole"));
  EXPECT_THAT(train({"--resume", "parts"}).err, HasSubstr("is complete: its 5120 steps"));

  const Outcome scored = kennel({"eval", "whole", "--json", "--episodes", "50"});
  ASSERT_EQ(scored.exit_code, 0) << scored.err;
  const auto line = nlohmann::json::parse(scored.out);
  EXPECT_EQ(line["task"], "lqr");
  EXPECT_EQ(line["best_return"], -6.63165543);
  EXPECT_LT(line["return"], 0.0);
  // A thing that training printed.
  const Outcome table = kennel({"eval", "whole/policy.json", "--episodes", "50"});
  EXPECT_EQ(table.out, whole.out);
}

TEST_F(SmallTask, IsSearchedByAnotherMethodOnEveryTask) {
  for (const char* task : {"lqr", "bandit", "chain", "pendulum"}) {
    const Outcome outcome = train({"--task", task, "--algorithm", "es", "--config", "tiny.toml",
                                   "--steps", "12800", "--out", task});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr(task));
  }
}

TEST_F(SmallTask, IsLearntByItsDerivativesStoppedAndGoneOnWith) {
  for (const char* task : {"lqr", "pendulum"}) {
    const std::string name = task, parts = name + "-parts";
    const auto with = [&](std::vector<std::string> more) {
      more.insert(more.begin(), {"--task", name, "--algorithm", "apg", "--config", "tiny.toml"});
      return train(more);
    };
    const Outcome whole = with({"--out", name});
    ASSERT_EQ(whole.exit_code, 0) << whole.err;
    EXPECT_THAT(whole.out, HasSubstr(name));
    ASSERT_EQ(with({"--out", parts, "--minutes", "0"}).exit_code, 0);
    ASSERT_EQ(train({"--resume", parts}).exit_code, 0);
    EXPECT_EQ(checkpoint(parts), checkpoint(name));
    ASSERT_EQ(with({"--out", name + "-threads", "--threads", "2"}).exit_code, 0);
    EXPECT_EQ(checkpoint(name + "-threads"), checkpoint(name));
    // What was measured is that of its own episodes, since it steps no environment.
    const auto newest = last_metrics(name);
    EXPECT_LT(newest.at("episode/return"), -0.1);
    EXPECT_EQ(newest.at("episode/return"), newest.at("train/mean_return"));
    EXPECT_EQ(newest.at("env/reward"), newest.at("train/mean_reward"));
    EXPECT_EQ(newest.at("episode/count"), 8.0);
  }
}

TEST_F(SmallTask, WithoutDerivativesIsRefusedInOneLine) {
  const std::string known = "tasks that have: lqr, bandit, pendulum";
  expect_refused({"train", "--device", "cpu", "--task", "chain", "--algorithm", "apg"}, 1,
                 "the task chain has none; " + known);
  expect_refused({"train", "--device", "cpu", "--task", "pose", "--algorithm", "apg"}, 1,
                 "a gait walks: it is told vx, vy, yaw_rate; the task pose tells it pitch, roll, "
                 "height: choose the task walk");
  expect_refused({"train", "--device", "cpu", "--task", "lqr", "--algorithm", "apg", "--set",
                  "apg.horizon=61"},
                 1, "apg.horizon = 61 is longer than an episode of 60 control steps; try 60");
  expect_refused({"train", "--task", "lqr", "--algorithm", "apg", "--set", "apg.beta1=1"}, 1,
                 "apg.beta1 = 1 is out of range: expected a number from 0 to 0.9999");
}

TEST_F(SmallTask, IsExportedInEveryFormat) {
  ASSERT_EQ(train({"--task", "pendulum", "--config", "tiny.toml", "--out", "run"}).exit_code, 0);
  const Outcome plain = kennel({"eval", "run", "--json", "--episodes", "20"});
  const double earned = nlohmann::json::parse(plain.out)["return"];
  for (const std::string format : {"json", "onnx", "torchscript"}) {
    const std::string file = "policy." + format;
    const Outcome exported = kennel({"export", "run", "--format", format, "-o", file});
    ASSERT_EQ(exported.exit_code, 0) << exported.err;
    EXPECT_EQ(kennel({"export", "--check", file}).exit_code, 0);
    const Outcome scored = kennel({"eval", file, "--json", "--episodes", "20"});
    ASSERT_EQ(scored.exit_code, 0) << scored.err;
    EXPECT_EQ(nlohmann::json::parse(scored.out)["return"], earned) << format;
  }
  const Outcome c = kennel({"export", "run", "--format", "c", "-o", "policy.h"});
  ASSERT_EQ(c.exit_code, 0) << c.err;
  write_raw(
      folder_ / "main.c",
      "#include \"policy.h\"\nint main(void) { return kennel_policy_self_test() > 1e-4f; }\n");
  const std::string folder = folder_.path().string();
  const std::string compile = "cc -std=c99 -Wall -Wextra -Werror -o " + folder + "/main " + folder +
                              "/main.c -lm && " + folder + "/main";
  EXPECT_EQ(std::system(compile.c_str()), 0);
  EXPECT_THAT(read_file(folder_ / "policy.h"),
              HasSubstr("torque, times 2 N m; clamp it to -1 to 1"));
}

TEST_F(SmallTask, IsListed) {
  const Outcome info = kennel({"info"});
  EXPECT_THAT(info.out, HasSubstr("\n  lqr             bring a double integrator to rest"));
  const Outcome task = kennel({"info", "--task", "chain", "--json"});
  ASSERT_EQ(task.exit_code, 0) << task.err;
  const auto json = nlohmann::json::parse(task.out);
  EXPECT_EQ(json["observation"][0]["size"], 5);
  EXPECT_EQ(json["task"]["episode_steps"], 20);
  EXPECT_FALSE(json["recipe"].contains("robot"));
  EXPECT_TRUE(json["recipe"].contains("ppo"));
  EXPECT_THAT(kennel({"info", "--task", "chain"}).out, HasSubstr("right where above 0"));
}

TEST_F(SmallTask, RefusesWhatIsAboutRobotsInOneLine) {
  expect_refused({"train", "--task", "lqr", "--robot", "go1"}, 1,
                 "the task lqr has no robot; leave --robot");
  expect_refused({"train", "--task", "lqr", "--model", "none.xml"}, 1, "the task lqr has no robot");
  write_raw(folder_ / "robot.toml", "[task]\nname = \"bandit\"\n[env.reward]\nfall = -1\n");
  expect_refused({"train", "--config", "robot.toml"}, 1,
                 "[env]: the task bandit has no robot; leave the section out, or choose another "
                 "task (robot.toml:3)");
  expect_refused({"train", "--task", "lqr", "--set", "robot.name=\"go1\""}, 1,
                 "[robot]: the task lqr has no robot");
  expect_refused({"train", "--task", "lqr", "--set", "ppo.symmetric=true"}, 1, "symmetric");
  expect_refused({"train", "--task", "lqr", "--recipe", "fast"}, 1,
                 "no recipe named \"fast\" ships for this robot and task; there are: default");
  expect_refused({"train", "--set", "task.name=\"lqg\""}, 1,
                 "task.name = \"lqg\" is unknown; expected walk, pose, joystick, lqr, bandit, "
                 "chain, pendulum");
  expect_refused({"train", "--task", "lqr", "--algorithm", "pro"}, 2, "expected ppo|reinforce");
  expect_refused({"train", "--task", "lqr", "--algorithm", "es", "--steps", "50000"}, 1,
                 "train.steps = 50000 is less than es takes to learn once, 61440 control steps of "
                 "all 1024 environments together; try --steps 61440, or fewer environments");
  expect_refused({"train", "--task", "lqr", "--algorithm", "es", "--num-envs", "100"}, 1,
                 "es.population = 64 asks for 64 candidates, which do not divide num_envs = 100");
  expect_refused({"info", "--task", "lqr", "--robot", "go1"}, 1, "the task lqr has no robot");
  expect_refused({"bench", "--set", "task.name=\"lqr\""}, 1,
                 "the task lqr has no robot, which kennel bench is about");
  expect_refused({"play", "--task", "lqr"}, 2, "--task");
}

TEST_F(SmallTask, HasNothingToSeeAndNothingToJudgeInMujoco) {
  ASSERT_EQ(train({"--task", "lqr", "--config", "tiny.toml", "--out", "run"}).exit_code, 0);
  expect_refused({"play", "run/policy.json"}, 1,
                 "run/policy.json is a policy of the task lqr, which has no robot: kennel play is");
  expect_refused({"report", "run/policy.json"}, 1, "which has no robot: kennel report is");
  expect_refused({"eval", "run/policy.json", "--study", "sweeps"}, 1, "leave --study, --physics");
}

}  // namespace
}  // namespace kennel
