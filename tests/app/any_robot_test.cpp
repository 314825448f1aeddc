// From any robot's description to a policy, as a user does it.
#include <gmock/gmock.h>

#include "../io/temp_folder.h"
#include "subprocess.h"
#include "tests/model/sample_robot.h"

namespace kennel {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class TrainAnyRobot : public ::testing::Test {
 protected:
  TrainAnyRobot() {
    write_raw(folder_ / "tiny.toml",
              "[train]\nnum_envs = 64\nsteps = 2048\njudge_episodes = 0\n"
              "[ppo]\nnum_steps = 8\nnum_minibatches = 2\nnum_epochs = 1\n"
              "actor_hidden = [8]\ncritic_hidden = [8]\n");
    write_raw(folder_ / "dog.xml", testing::SampleRobot{}.mjcf());
    testing::SampleRobot motors;
    motors.actuator = "<motor joint='JOINT'/>";
    write_raw(folder_ / "motors.xml", motors.mjcf());
    write_raw(folder_ / "dog.urdf", testing::SampleUrdf{}.text());
  }

  Outcome kennel(const std::vector<std::string>& arguments) const {
    return run_kennel(folder_.path(), arguments);
  }
  Outcome train(std::vector<std::string> more) const {
    more.insert(more.begin(), {"train", "--device", "cpu", "--config", "tiny.toml"});
    return kennel(more);
  }

  TempFolder folder_;
};

TEST_F(TrainAnyRobot, OneCommandFromAModelToAJudgedPolicy) {
  write_raw(folder_ / "tiny.toml", testing::replaced(read_file(folder_ / "tiny.toml"),
                                                     "judge_episodes = 0", "judge_episodes = 2"));
  const Outcome outcome = train({"--model", "dog.xml", "--out", "run"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("nominal"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "run/robot.xml"));
  EXPECT_THAT(read_file(folder_ / "run/config.toml"),
              AllOf(HasSubstr("name = \"\""), HasSubstr("model = \"robot.xml\"")));
  // The run stands alone.
  std::filesystem::remove(folder_ / "dog.xml");
  const Outcome judged = kennel({"eval", "run/policy.json", "--episodes", "2", "--seed", "7"});
  EXPECT_EQ(judged.exit_code, 0) << judged.err;
  const Outcome longer = kennel({"train", "--resume", "run", "--steps", "4096"});
  EXPECT_EQ(longer.exit_code, 0) << longer.err;
  const Outcome exported = kennel({"export", "run", "-o", "policy.onnx"});
  EXPECT_EQ(exported.exit_code, 0) << exported.err;
}

TEST_F(TrainAnyRobot, TheSameRunComesOfItsOwnRecipe) {
  ASSERT_EQ(train({"--model", "dog.xml", "--out", "run"}).exit_code, 0);
  const Outcome again =
      kennel({"train", "--device", "cpu", "--config", "run/config.toml", "--out", "again"});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(read_file(folder_ / "again/robot.xml"), read_file(folder_ / "run/robot.xml"));
  EXPECT_EQ(read_file(folder_ / "again/checkpoints/last.ckpt"),
            read_file(folder_ / "run/checkpoints/last.ckpt"));
}

TEST_F(TrainAnyRobot, ABareUrdfNeedsNoSwitch) {
  const Outcome outcome = train({"--model", "dog.urdf", "--out", "run"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("--add-servos"));  // what was added is said
}

TEST_F(TrainAnyRobot, SwitchesAreNamedWhereTheyHelpAndAppliedWhenGiven) {
  const Outcome refused = train({"--model", "motors.xml", "--out", "run"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("motors.xml"), HasSubstr("--add-servos")));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
  const Outcome outcome =
      train({"--model", "motors.xml", "--add-servos", "--kp", "30", "--kd", "0.8", "--out", "run"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(read_file(folder_ / "run/policy.json"), HasSubstr("motors.xml"));
}

TEST_F(TrainAnyRobot, AShippedRobotByName) {
  const Outcome outcome = train({"--robot", "go1", "--out", "run"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run/robot.xml"));
  EXPECT_THAT(read_file(folder_ / "run/config.toml"), HasSubstr("name = \"go1\""));
}

TEST_F(TrainAnyRobot, BadInputCreatesNothing) {
  for (const auto& [arguments, message] :
       std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--robot", "nobody"}, "nobody"},
           {{"--model", "missing.xml"}, "missing.xml"},
           {{"--feet-only"}, "--model"},
           {{"--model", "dog.xml", "--robot", "go1"}, "FL_hip"},
           {{"--model", "dog.xml", "--kp", "30"}, "--add-servos"},
           {{"--model", "tiny.toml"}, "tiny.toml"},
       }) {
    SCOPED_TRACE(message);
    std::vector<std::string> all = arguments;
    all.insert(all.end(), {"--out", "run"});
    const Outcome outcome = train(all);
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.err, HasSubstr(message));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
  }
}

}  // namespace
}  // namespace kennel
