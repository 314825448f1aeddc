// Every number that comes in is finite or refused with its place.
#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "../io/temp_folder.h"
#include "kennel/io/npy.h"
#include "subprocess.h"

namespace kennel {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

/// A robot in the air and ten steps of targets, one number of which a test makes bad.
class Numbers : public ::testing::Test {
 protected:
  Numbers() : ctrl_(10 * 12), init_(37) {
    init_[2] = 0.5;
    init_[3] = 1.0;
  }

  Outcome simulate(const std::vector<std::string>& more = {}) {
    write_npy(folder_ / "ctrl.npy", {10, 12}, ctrl_);
    write_npy(folder_ / "init.npy", {37}, init_);
    std::vector<std::string> arguments = {"simulate", "--ctrl", "ctrl.npy", "--init",
                                          "init.npy", "--out",  "o.npy"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_kennel(folder_.path(), arguments);
  }

  template <class... Matchers>
  void expect_refused(const Outcome& outcome, const Matchers&... say) {
    EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
    EXPECT_THAT(outcome.err, AllOf(say...));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "o.npy"));
  }

  TempFolder folder_;
  std::vector<double> ctrl_, init_;
};

TEST_F(Numbers, ATargetThatIsNoneIsRefusedByRowAndColumn) {
  EXPECT_EQ(simulate().exit_code, 0);
  std::filesystem::remove(folder_ / "o.npy");
  for (const double bad : {kNan, kInf, -kInf, 1e39}) {
    ctrl_[7 * 12 + 5] = bad;
    expect_refused(simulate(), HasSubstr("ctrl.npy: row 7, column 5 is "));
    expect_refused(simulate({"--precision", "float"}), HasSubstr("ctrl.npy: row 7, column 5 is "));
  }
}

TEST_F(Numbers, AnInitialStateThatIsNoneIsRefusedByItsNumber) {
  init_[20] = kNan;
  expect_refused(simulate(), HasSubstr("init.npy: number 20 is nan"));
  init_[20] = 0.0;
  init_[3] = 1e200;
  expect_refused(simulate(), HasSubstr("init.npy: number 3 is 1e+200"));
  init_[3] = 0.0;
  expect_refused(simulate(), HasSubstr("init.npy: numbers 3 to 6"), HasSubstr("length 0"));
}

TEST_F(Numbers, AQuaternionOfAnyOtherLengthIsNormalised) {
  for (const double length : {1e-12, 1e-9, 1e9}) {
    init_[3] = init_[4] = length;
    for (const char* precision : {"float", "double"}) {
      ASSERT_EQ(simulate({"--precision", precision}).exit_code, 0);
      const std::vector<double> out = read_npy(folder_ / "o.npy").values;
      EXPECT_NEAR(out[3], std::sqrt(0.5), 1e-6) << length << " " << precision;
      EXPECT_NEAR(out[4], std::sqrt(0.5), 1e-6);
      EXPECT_TRUE(std::isfinite(out[55 * 10 + 2]));
    }
  }
}

TEST_F(Numbers, OverridesThatNoFloatHoldsAreRefused) {
  for (const char* set : {"kp=nan", "kp=inf", "kp=1e300", "strength=-1", "friction=1e39"})
    expect_refused(simulate({"--set", set}), HasSubstr(set), HasSubstr("at most 3.4"));
  expect_refused(simulate({"--set", "strength=1e38", "--set", "kp=100"}),
                 HasSubstr("pupper_v3.xml: actuator"), HasSubstr("gainprm is 1e+40"));
}

TEST_F(Numbers, FrictionThatCostsDigitsInFloatIsWarnedOfWhereverItComesFrom) {
  const char* warning = "costs digits in single precision";
  // A robot's own low friction takes the careful solver; beyond what that follows there is a
  // warning.
  EXPECT_THAT(simulate({"--set", "friction=0.03"}).err, Not(HasSubstr("warning")));
  EXPECT_THAT(simulate({"--set", "friction=0.01"}).err, HasSubstr("single precision follows it"));
  EXPECT_THAT(simulate().err, Not(HasSubstr("warning")));
  const auto train = [&](const std::string& friction) {
    write_raw(folder_ / "tiny.toml",
              "[train]\nnum_envs = 32\nsteps = 96\njudge_episodes = 0\n[ppo]\nnum_steps = 3\n"
              "num_epochs = 1\nactor_hidden = [8]\ncritic_hidden = [8]\n"
              "[env.randomization]\nfriction = " +
                  friction + "\n");
    return run_kennel(folder_.path(), {"train", "--device", "cpu", "--config", "tiny.toml", "--out",
                                       "run", "--force"});
  };
  const Outcome low = train("[0.05, 1.0]");
  EXPECT_EQ(low.exit_code, 0) << low.err;
  EXPECT_THAT(low.err, AllOf(HasSubstr(warning), HasSubstr("from 0.1 on is safe")));
  EXPECT_THAT(train("[0.5, 1.0]").err, Not(HasSubstr(warning)));
}

TEST_F(Numbers, SeedsBelowZeroAreRefusedEverywhere) {
  for (const char* command : {"eval", "play", "report", "train"}) {
    std::vector<std::string> arguments = {command};
    if (command != std::string("train")) arguments.push_back("x.json");
    for (const char* seed : {"-1", "9007199254740993", "1.5", "nan"}) {
      std::vector<std::string> call = arguments;
      call.insert(call.end(), {"--seed", seed});
      const Outcome outcome = run_kennel(folder_.path(), call);
      EXPECT_EQ(outcome.exit_code, 2) << command << " " << seed;
      EXPECT_THAT(outcome.err, HasSubstr("expected a whole number from 0")) << command;
    }
  }
}

}  // namespace
}  // namespace kennel
