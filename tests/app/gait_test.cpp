// A search for a gait through the whole program: trained, resumed, judged, exported, and what is
// refused.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "../io/temp_folder.h"
#include "subprocess.h"

namespace kennel {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Gait : public ::testing::Test {
 protected:
  Gait() {
    write_raw(folder_ / "tiny.toml",
              "[train]\nnum_envs = 32\nsteps = 2560\ncheckpoint_every = 2\njudge_episodes = 0\n"
              "[cma_es]\npopulation = 16\nrollout_steps = 20\n"
              "[apg]\nepisodes = 8\nhorizon = 8\n");
  }

  Outcome kennel(const std::vector<std::string>& arguments) const {
    return run_kennel(folder_.path(), arguments);
  }

  /// By the recipe that ships, for four generations.
  Outcome train(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {"train", "--device", "cpu",      "--recipe",
                                          "gait",  "--config", "tiny.toml"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return kennel(arguments);
  }

  std::string checkpoint(const std::string& run) const {
    return read_file(folder_ / run / "checkpoints" / "last.ckpt");
  }

  nlohmann::json policy(const std::string& file) const {
    return nlohmann::json::parse(read_file(folder_ / file));
  }

  TempFolder folder_;
};

TEST_F(Gait, IsTrainedResumedJudgedAndExportedAsJsonAlone) {
  const Outcome whole = train({"--out", "whole"});
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  EXPECT_THAT(whole.err, HasSubstr("kennel: warning: the policy is a gait; the robot's own"));
  const auto numbers = policy("whole/policy.json").at("gait").at("numbers");
  EXPECT_EQ(numbers.at("frequency").at("unit"), "Hz");
  EXPECT_NE(numbers.at("frequency").at("value"), 2.3);  // it has moved
  EXPECT_THAT(read_file(folder_ / "whole" / "report.html"), HasSubstr("a gait of "));

  ASSERT_EQ(train({"--out", "parts", "--minutes", "0"}).exit_code, 0);
  const Outcome resumed = kennel({"train", "--device", "cpu", "--resume", "parts"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(checkpoint("parts"), checkpoint("whole"));
  ASSERT_EQ(train({"--out", "threads", "--threads", "2"}).exit_code, 0);
  EXPECT_EQ(checkpoint("threads"), checkpoint("whole"));

  const Outcome judged =
      kennel({"eval", "whole", "--episodes", "2", "--physics", "both", "--json"});
  EXPECT_EQ(judged.exit_code, 0) << judged.err;
  EXPECT_THAT(judged.out, HasSubstr("\"condition\":\"nominal\""));

  const Outcome exported = kennel({"export", "whole", "-o", "gait.json"});
  ASSERT_EQ(exported.exit_code, 0) << exported.err;
  EXPECT_THAT(exported.err, HasSubstr("cannot run it"));
  EXPECT_EQ(policy("gait.json").at("gait"), policy("whole/policy.json").at("gait"));
  EXPECT_EQ(kennel({"export", "--check", "gait.json"}).exit_code, 0);
  EXPECT_EQ(kennel({"eval", "gait.json", "--episodes", "2", "--json"}).exit_code, 0);
  for (const char* format : {"onnx", "torchscript", "c"}) {
    const Outcome refused = kennel({"export", "whole", "--format", format, "-o", "other"});
    EXPECT_EQ(refused.exit_code, 1) << format;
    EXPECT_THAT(refused.err,
                HasSubstr("other: the policy is a gait, and onnx, torchscript, c hold networks; a "
                          "gait exports as json"));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "other"));
  }
}

TEST_F(Gait, ClimbsByItsDerivatives) {
  const auto climb = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"--algorithm", "apg", "--steps", "128"});  // two iterations
    return train(more);
  };
  const Outcome whole = climb({"--out", "whole"});
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  const auto numbers = policy("whole/policy.json").at("gait").at("numbers");
  EXPECT_NE(numbers.at("frequency").at("value"), 2.3);
  EXPECT_THAT(read_file(folder_ / "whole" / "report.html"), HasSubstr("a gait of "));

  ASSERT_EQ(climb({"--out", "parts", "--minutes", "0"}).exit_code, 0);
  ASSERT_EQ(kennel({"train", "--device", "cpu", "--resume", "parts"}).exit_code, 0);
  EXPECT_EQ(checkpoint("parts"), checkpoint("whole"));
  ASSERT_EQ(climb({"--out", "threads", "--threads", "3"}).exit_code, 0);
  EXPECT_EQ(checkpoint("threads"), checkpoint("whole"));

  const Outcome judged = kennel({"eval", "whole", "--episodes", "2", "--json"});
  EXPECT_EQ(judged.exit_code, 0) << judged.err;
  const Outcome longer =
      climb({"--out", "longer", "--set", "apg.horizon=17", "--set", "apg.episodes=4"});
  EXPECT_EQ(longer.exit_code, 1);
  EXPECT_THAT(longer.err, HasSubstr("apg.horizon = 17 is longer than an episode of 16 control"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "longer"));
}

TEST_F(Gait, IsSearchedOnAnotherRobotByAnotherMethod) {
  write_raw(folder_ / "es.toml",
            "[train]\nalgorithm = \"es\"\nnum_envs = 32\nsteps = 640\njudge_episodes = 0\n[robot]\n"
            "name = \"go1\"\n[es]\npolicy = \"gait\"\npopulation = 16\nrollout_steps = 20\n");
  const Outcome trained =
      kennel({"train", "--device", "cpu", "--config", "es.toml", "--out", "go1"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_EQ(policy("go1/policy.json").at("robot"), "go1");
  EXPECT_TRUE(policy("go1/policy.json").contains("gait"));
}

TEST_F(Gait, IsRefusedBeforeTrainingWhereItCannotBe) {
  const auto expect_refused = [&](const std::string& policy, const std::vector<std::string>& more,
                                  const std::string& message) {
    std::vector<std::string> arguments = {
        "train",       "--device", "cpu",
        "--algorithm", "cma-es",   "--out",
        "refused",     "--set",    "cma_es.policy=\"" + policy + "\""};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = kennel(arguments);
    EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("kennel: "), HasSubstr(message)));
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_FALSE(std::filesystem::exists(folder_ / "refused"));
  };
  expect_refused("gait", {"--task", "lqr"},
                 "cma_es seeks a gait, which moves the legs of a robot; the task "
                 "lqr has none");
  expect_refused("gait", {"--task", "pose"},
                 "a gait walks: it is told vx, vy, yaw_rate; the task pose "
                 "tells it pitch, roll, height: choose the task walk");
  expect_refused("gait", {"--set", "cma_es.hidden=[8]"},
                 "cma_es.hidden is for networks, and policy = \"gait\" has no layers");
  expect_refused("trot", {}, "cma_es.policy = \"trot\" is unknown");
}

TEST_F(Gait, IsWhatItsRunGoesOnWith) {
  ASSERT_EQ(train({"--out", "run", "--minutes", "0"}).exit_code, 0);
  const auto file = folder_ / "run" / "config.toml";
  std::string recipe = read_file(file);
  const std::string key = "\npolicy = \"gait\"";
  ASSERT_NE(recipe.find(key), std::string::npos);
  write_raw(file, recipe.replace(recipe.find(key), key.size(), "\npolicy = \"network\""));
  const Outcome refused = kennel({"train", "--device", "cpu", "--resume", "run"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("cma_es.policy is \"network\", the run has \"gait\": the "
                                     "checkpoint's policy is made for it"));
}

}  // namespace
}  // namespace kennel
