// The analytic policy gradient on a robot that walks: the twelve numbers of a gait.
#include <gmock/gmock.h>

#include <cmath>

#include "envs/quadruped/gait.h"
#include "kennel/rl/checkpoint.h"
#include "kennel/rl/collective.h"
#include "kennel/rl/learner_ops.h"
#include "kennel/run/derivatives.h"
#include "kennel/sim/make_env.h"
#include "src/learners/apg/apg_entry.h"
#include "src/learners/search/gait_candidates.h"
#include "tests/io/temp_folder.h"
#include "tests/learners/apg_training.h"
#include "tests/learners/tiny_env.h"

namespace kennel::apg_gait_test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// The default robot, told to walk straight ahead.
RunConfig straight_ahead() {
  RunConfig config;
  quadruped::CommandConfig& command = config.env.command;
  command.range[0] = {0.4f, 0.4f};
  command.range[1] = command.range[2] = {0.0f, 0.0f};
  command.standing_fraction = command.scaled_fraction = command.axis_fraction = 0.0f;
  return config;
}

GaitContract contract_of(const Robot& robot, const RunConfig& config) {
  GaitContract contract;
  contract.body = quadruped::gait_body(robot.loaded.model, robot.traits.pose);
  contract.action_scale.fill(config.env.task.action_scale);
  contract.obs_size = quadruped::observation_size(config.env);
  return contract;
}

/// A robot, its environments and who learns.
struct Training {
  RunConfig config = straight_ahead();
  Robot robot = load_robot(config.robot);
  GaitContract contract = contract_of(robot, config);
  std::unique_ptr<VecEnv> env;
  Derivatives derivatives = derivatives_of(config, robot, contract);
  std::unique_ptr<Learner> learner;

  explicit Training(const ApgConfig& apg = {}, int num_threads = 1) {
    EnvOptions options;
    options.num_envs = 4;
    options.num_threads = 1;
    options.device = "cpu";
    env = make_env(config.env, robot, options);
    learner = apg_learner(*env, derivatives, apg, num_threads);
  }

  std::string bytes(const TempFolder& folder) const { return saved_bytes(*learner, folder); }
};

/// Parameters that a gait's numbers have.
std::vector<double> parameters_of(const GaitPolicy& policy) {
  std::vector<double> x;
  for (int i = 0; i < gait::kNumNumbers; ++i)
    x.push_back((policy.number[i] - gait::kTerms[i].start) / gait::kTerms[i].step);
  return x;
}

TEST(ApgOnARobot, EarnsMoreThanTheGaitThatItStartsFrom) {
  Training training({.episodes = 16, .learning_rate = 0.02f, .max_grad_norm = 20.0f});
  const auto earned = [&] {
    const std::vector<double> x = parameters_of(*training.learner->policy().gait);
    std::vector<double> gradient(gait::kNumNumbers);
    double sum = 0.0;
    for (std::uint64_t e = 0; e < 32; ++e)  // others than it learns from
      sum += training.derivatives.task->gradient(x, {77, e}, 16, gradient).earned;
    return sum / 32;
  };
  EXPECT_EQ(training.learner->policy().gait->number, first_gait());
  const double before = earned();
  for (int k = 0; k < 10; ++k) training.learner->iterate();
  EXPECT_GT(earned(), before);
  EXPECT_EQ(training.learner->env_steps(), 10 * 16 * 16);
}

// What episodes pay is not the environments' reward, and stands under train/ alone.
TEST(ApgOnARobot, LeavesTheEnvironmentsColumnsEmpty) {
  Training training({.episodes = 4});
  const IterationReport report = training.learner->iterate();
  EXPECT_GT(report.at("train/mean_return"), 0.0);
  EXPECT_EQ(report.at("train/fallen"), 0.0);
  int empty = 0;
  for (const Scalar& scalar : training.learner->drain_stats()) {
    EXPECT_TRUE(std::isnan(scalar.second) ||
                (scalar.first == "episode/count" && scalar.second == 0.0))
        << scalar.first;
    empty += std::isnan(scalar.second) ? 1 : 0;
  }
  EXPECT_EQ(empty, 3);  // reward, return and seconds
}

TEST(ApgOnARobot, GivesTheSameBitsOnAnyNumberOfThreads) {
  const TempFolder folder;
  const ApgConfig few = {.episodes = 17, .horizon = 4};
  Training one(few, 1), three(few, 3);
  for (int k = 0; k < 2; ++k)
    for (const Training* each : {&one, &three}) each->learner->iterate();
  EXPECT_EQ(one.bytes(folder), three.bytes(folder));
}

TEST(ApgOnARobot, KeepsItsGaitInACheckpoint) {
  const TempFolder folder;
  const ApgConfig few = {.episodes = 4, .horizon = 4};
  Training first(few), second(few);
  first.learner->iterate();
  first.learner->save(folder / "first.ckpt", "text");
  second.learner->load(folder / "first.ckpt");
  const PolicyNetwork policy = first.learner->policy();
  EXPECT_EQ(second.learner->policy().gait, policy.gait);
  EXPECT_EQ(read_checkpoint(folder / "first.ckpt").policy.gait, policy.gait);
  EXPECT_EQ(policy.gait->contract, first.contract);
  EXPECT_NE(policy.gait->number, first_gait());
  EXPECT_EQ(first.learner->iterate().scalars, second.learner->iterate().scalars);

  RunConfig small;
  small.task.name = "lqr";
  const Derivatives other = derivatives_of(small);
  OneStepEnv env(2);
  const auto linear = kApg.make({.env = env,
                                 .config = {"apg", few},
                                 .seed = 3,
                                 .mirrors = {},
                                 .differentiable = other.task.get(),
                                 .num_threads = 1,
                                 .ops = cpu_ops(),
                                 .all = alone()});
  EXPECT_THAT(
      error_of([&] { linear->load_networks(folder / "first.ckpt"); }),
      AllOf(HasSubstr("holds a gait of 12 numbers"), HasSubstr("has a linear policy of 3")));
}

TEST(ApgOnARobot, DeploysWhatSearchesDeployOfTheSameParameters) {
  const Training training;
  GaitCandidates candidates(training.contract);
  for (const double size : {0.3, 10.0}) {  // within the bounds, and beyond
    std::vector<double> x;
    for (int i = 0; i < gait::kNumNumbers; ++i) x.push_back(size * std::sin(i + 1.0));
    const torch::Tensor rows = torch::tensor(x, torch::kFloat64).unsqueeze(0);
    const GaitPolicy searched = *candidates.deployed(candidates.folded(rows, {}, {})[0]).gait;
    const GaitPolicy climbed = *training.derivatives.task->policy(x).gait;
    EXPECT_EQ(climbed.contract, searched.contract);
    for (int i = 0; i < gait::kNumNumbers; ++i)
      EXPECT_FLOAT_EQ(climbed.number[i], searched.number[i]) << gait::kTerms[i].name;
  }
}

TEST(ApgOnARobot, StartsWhereTheEpisodesKeySays) {
  const Training training;
  const DifferentiableTask& task = *training.derivatives.task;
  std::vector<double> one(gait::kNumNumbers), same = one, other = one;
  const double earned = task.gradient(task.start(), {1, 2}, 4, one).earned;
  EXPECT_EQ(task.gradient(task.start(), {1, 2}, 4, same).earned, earned);
  EXPECT_EQ(one, same);
  EXPECT_NE(task.gradient(task.start(), {1, 3}, 4, other).earned, earned);
  EXPECT_NE(one, other);
}

TEST(ApgOnARobot, SeeksAGaitWhereThereIsARobotAlone) {
  const ConfigBlock config{"apg", ApgConfig{}};
  EXPECT_TRUE(kApg.seeks_gait(config, true));
  EXPECT_FALSE(kApg.seeks_gait(config, false));
}

TEST(ApgOnARobot, RefusesWhatItCannotDifferentiate) {
  EXPECT_THAT(error_of([] { Training({.horizon = 17}); }),
              HasSubstr("apg.horizon = 17 is longer than an episode of 16 control steps; try 16"));
  const RunConfig config = straight_ahead();
  Robot robot = load_robot(config.robot);
  const GaitContract contract = contract_of(robot, config);
  EXPECT_EQ(derivatives_of(config, robot, std::nullopt).task, nullptr);
  robot.loaded.model.leg[1].num_spheres = 3;
  const Derivatives none = derivatives_of(config, robot, contract);
  EXPECT_EQ(none.task, nullptr);
  EXPECT_THAT(none.why_not, HasSubstr("at most 2 contact points a leg and none on the base"));
}

}  // namespace
}  // namespace kennel::apg_gait_test
