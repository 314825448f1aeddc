// `train --resume` of a run whose config.toml was edited.
#include <gmock/gmock.h>

#include "../io/temp_folder.h"
#include "subprocess.h"

namespace kennel {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class EditedRun : public ::testing::Test {
 protected:
  EditedRun() {
    write_raw(folder_ / "tiny.toml",
              "[train]\nnum_envs = 64\nsteps = 1024\njudge_episodes = 0\n"
              "[ppo]\nnum_steps = 8\nnum_minibatches = 2\nnum_epochs = 1\nlr_schedule = "
              "\"fixed\"\ngamma = 0.98\nactor_hidden = [8]\ncritic_hidden = [8]\n");
    const Outcome outcome = run({"--config", "tiny.toml", "--out", "run"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  }

  Outcome run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"train", "--device", "cpu"});
    return run_kennel(folder_.path(), arguments);
  }

  void edit(const std::string& from, const std::string& to) const {
    const auto file = folder_ / "run" / "config.toml";
    std::string text = read_file(file);
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    write_raw(file, text.replace(at, from.size(), to));
  }

  TempFolder folder_;
};

TEST_F(EditedRun, GoesOnWithTheLearningRateThatTheFileSays) {
  edit("\nlearning_rate = 0.001", "\nlearning_rate = 0.00025");
  const Outcome resumed = run({"--resume", "run", "--steps", "2048"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  const std::string metrics = read_file(folder_ / "run" / "metrics.csv");
  EXPECT_NE(metrics.find("0.001"), std::string::npos);
  EXPECT_NE(metrics.rfind("0.00025"), std::string::npos) << metrics;
  EXPECT_GT(metrics.rfind("0.00025"), metrics.rfind(",0.001,"));
}

TEST_F(EditedRun, IsRefusedWithEveryKeyThatCannotChangeAndStaysAsItWas) {
  edit("\ninit_std = 0.5", "\ninit_std = 0.6");
  edit("\nseed = 1", "\nseed = 2");
  edit("\ngamma = 0.98", "\ngamma = 0.97");
  const std::string before = read_file(folder_ / "run" / "config.toml");
  const Outcome refused = run({"--resume", "run", "--steps", "2048"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err,
              AllOf(HasSubstr("ppo.init_std is 0.6, the run has 0.5"),
                    HasSubstr("train.seed is 2, the run has 1"), HasSubstr("put it back")));
  EXPECT_THAT(refused.err, Not(HasSubstr("gamma")));
  EXPECT_EQ(read_file(folder_ / "run" / "config.toml"), before);
  edit("\ninit_std = 0.6", "\ninit_std = 0.5");
  edit("\nseed = 2", "\nseed = 1");
  EXPECT_EQ(run({"--resume", "run", "--steps", "2048"}).exit_code, 0);
}

}  // namespace
}  // namespace kennel
