// The analytic policy gradient as a learner: what it learns, that it goes on bit for bit, and what
// it refuses.
#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <limits>

#include "kennel/gradient/small_return.h"
#include "kennel/io/atomic_file.h"
#include "kennel/rl/checkpoint.h"
#include "kennel/rl/collective.h"
#include "kennel/rl/learner_ops.h"
#include "kennel/run/derivatives.h"
#include "kennel/sim/make_env.h"
#include "src/learners/apg/apg_entry.h"
#include "tests/io/temp_folder.h"
#include "tests/learners/apg_training.h"
#include "tests/learners/tiny_env.h"

namespace kennel::apg_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kLqrSteps = small::Lqr::kRow.episode_steps;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// A recipe's task, its environments and who learns.
struct Training {
  RunConfig config;
  std::unique_ptr<VecEnv> env;
  Derivatives derivatives;
  std::unique_ptr<Learner> learner;

  explicit Training(const char* task, const ApgConfig& apg = {}, int num_threads = 1) {
    config.task.name = task;
    EnvOptions options;
    options.num_envs = 4;
    options.device = "cpu";
    env = make_small_env(*small_task_of(config), options);
    derivatives = derivatives_of(config);
    learner = apg_learner(*env, derivatives, apg, num_threads);
  }

  void run(int iterations) {
    for (int k = 0; k < iterations; ++k) {
      learner->set_progress(static_cast<double>(k) / iterations);
      learner->iterate();
    }
  }

  std::string bytes(const TempFolder& folder) const { return saved_bytes(*learner, folder); }
};

constexpr ApgConfig kQuick = {.episodes = 16, .learning_rate = 0.2f};

// Every episode's gradient vanishes there: no sampling error is left.
TEST(Apg, ReachesTheBestRegulatorToFiveDigits) {
  Training training("lqr", kQuick);
  training.run(200);
  const PolicyNetwork policy = training.learner->policy();
  ASSERT_EQ(policy.layers.size(), 1u);
  EXPECT_NEAR(policy.layers[0].weights[0], -7.61295797, 1e-4);
  EXPECT_NEAR(policy.layers[0].weights[1], -4.58493499, 1e-4);
  EXPECT_NEAR(policy.layers[0].bias[0], 0.0, 1e-4);
  EXPECT_EQ(policy.layers[0].activation, "");
  EXPECT_EQ(training.learner->iteration(), 200);
  EXPECT_EQ(training.learner->env_steps(), 200 * 16 * kLqrSteps);
}

TEST(Apg, FindsTheBanditsArm) {
  Training training("bandit", kQuick);
  training.run(300);
  const DenseLayer arm = training.learner->policy().layers.at(0);
  EXPECT_NEAR(arm.weights[0] + arm.bias[0], small::Bandit::c, 1e-3);
}

TEST(Apg, ClimbsAShortSwing) {
  Training training("pendulum", {.episodes = 16, .horizon = 10, .learning_rate = 0.05f});
  const auto earned = [&] {
    const DenseLayer layer = training.learner->policy().layers.at(0);
    std::vector<double> policy(layer.weights.begin(), layer.weights.end());
    policy.push_back(layer.bias[0]);
    const gradient::SmallReturn& swing = *gradient::small_return(small::Pendulum::kRow);
    double sum = 0.0;
    for (std::uint64_t e = 0; e < 500; ++e) sum += swing.value(policy, {7, e, 1, 0}, 10) / 500;
    return sum;
  };
  const double before = earned();
  training.run(100);
  EXPECT_GT(earned(), before + 10.0);  // from -53.7
}

TEST(Apg, ReportsWhatItsEpisodesEarned) {
  Training training("lqr", kQuick);
  const double least = training.learner->iterate().at("train/mean_return");
  const IterationReport report = training.learner->iterate();
  EXPECT_EQ(report.mean_reward, report.at("train/mean_return") / kLqrSteps);
  EXPECT_GT(report.at("train/gradient_norm"), 0.0);
  EXPECT_GT(report.at("train/gradient_std"), 0.0);
  EXPECT_EQ(report.at("train/learning_rate"), double{0.2f});
  const double mean = (least + report.at("train/mean_return")) / 2;
  const std::vector<Scalar> stats = training.learner->drain_stats();
  EXPECT_THAT(stats, ElementsAre(Scalar{"env/reward", mean / kLqrSteps},
                                 Scalar{"episode/count", 32.0}, Scalar{"episode/return", mean},
                                 Scalar{"episode/seconds", kLqrSteps * 0.1}));
  EXPECT_EQ(training.learner->drain_stats()[1].second, 0.0);
  Training part("lqr", {.episodes = 4, .horizon = 10});
  part.learner->iterate();
  EXPECT_TRUE(std::isnan(part.learner->drain_stats()[2].second));  // no episode has ended
  EXPECT_EQ(part.learner->env_steps(), 40);
}

TEST(Apg, LearnsSlowerTowardsTheEnd) {
  Training training("lqr", {.learning_rate = 0.5f, .final_learning_rate_factor = 0.2f});
  training.learner->set_progress(0.5);
  EXPECT_NEAR(training.learner->iterate().at("train/learning_rate"), 0.3, 1e-7);
}

TEST(Apg, GivesTheSameBitsOnAnyNumberOfThreads) {
  const TempFolder folder;
  Training one("pendulum", {.episodes = 50}, 1), three("pendulum", {.episodes = 50}, 3);
  one.run(3);
  three.run(3);
  EXPECT_EQ(one.bytes(folder), three.bytes(folder));
}

TEST(Apg, GoesOnBitForBitFromACheckpoint) {
  const TempFolder folder;
  Training whole("lqr", kQuick), resumed("lqr", kQuick);
  whole.run(3);
  whole.learner->save(folder / "half.ckpt", "text");
  resumed.learner->load(folder / "half.ckpt");
  EXPECT_EQ(resumed.learner->iteration(), 3);
  for (int k = 0; k < 3; ++k) {
    for (const Training* each : {&whole, &resumed}) each->learner->set_progress(0.5 + 0.1 * k);
    EXPECT_EQ(whole.learner->iterate().scalars, resumed.learner->iterate().scalars);
  }
  EXPECT_EQ(whole.bytes(folder), resumed.bytes(folder));
  EXPECT_NE(whole.bytes(folder), read_file(folder / "half.ckpt"));
  EXPECT_EQ(read_checkpoint(folder / "half.ckpt").policy.layers.size(), 1u);
}

TEST(Apg, StartsFromThePolicyOfAnotherRun) {
  const TempFolder folder;
  Training first("lqr", kQuick), second("lqr", kQuick), other("pendulum", kQuick);
  first.run(5);
  first.learner->save(folder / "first.ckpt", "text");
  second.learner->load_networks(folder / "first.ckpt");
  EXPECT_EQ(second.learner->policy().layers[0].weights, first.learner->policy().layers[0].weights);
  EXPECT_EQ(second.learner->iteration(), 0);
  for (const auto& take : {&Learner::load, &Learner::load_networks})
    EXPECT_THAT(error_of([&] { (other.learner.get()->*take)(folder / "first.ckpt"); }),
                AllOf(HasSubstr("holds a linear policy of 3 numbers, obs 2"),
                      HasSubstr("this run has a linear policy of 4 numbers, obs 3")));
}

TEST(Apg, RefusesACheckpointWhoseTensorsHaveOtherShapes) {
  const TempFolder folder;
  Training whole("lqr", kQuick), resumed("lqr", kQuick);
  whole.run(2);
  whole.learner->save(folder / "whole.ckpt", "text");
  const std::string before = resumed.bytes(folder);
  for (const char* name :
       {"apg/parameters", "adam/first_moment", "adam/second_moment", "adam/left"}) {
    TensorArchive archive = TensorArchive::load(folder / "whole.ckpt");
    archive.put(name, torch::ones({1}, torch::kFloat64));
    archive.save(folder / "broken.ckpt");
    EXPECT_THAT(error_of([&] { resumed.learner->load(folder / "broken.ckpt"); }),
                AllOf(HasSubstr(": expected "), HasSubstr(" of 1; try an older checkpoint")));
    EXPECT_EQ(resumed.bytes(folder), before);
  }
}

/// A gradient of 1 everywhere, but in one episode.
class Uneven final : public DifferentiableTask {
 public:
  double odd = 1.0;           // the gradient in episode 5 of each iteration
  double earned_there = 0.0;  // the return there
  bool fallen_there = false;

  std::string description() const override { return "policy"; }
  int num_parameters() const override { return 2; }
  int episode_steps() const override { return 4; }
  bool pays_reward() const override { return true; }
  std::vector<double> start() const override { return {0.0, 0.0}; }
  EpisodeOutcome gradient(std::span<const double>, const EpisodeKey& key, int,
                          std::span<double> out) const override {
    out[0] = out[1] = key.index == 5 ? odd : 1.0;
    if (key.index != 5) return {};
    return {earned_there, fallen_there};
  }
  PolicyNetwork policy(std::span<const double> parameters) const override {
    PolicyNetwork network;
    network.layers.push_back(
        {1, 1, {static_cast<float>(parameters[0])}, {static_cast<float>(parameters[1])}, ""});
    return network;
  }
};

std::unique_ptr<Learner> learner_of(const DifferentiableTask* task, VecEnv& env,
                                    const std::string& why_not = {}) {
  return kApg.make({.env = env,
                    .config = {"apg", ApgConfig{.episodes = 8, .max_grad_norm = 100.0f}},
                    .seed = 3,
                    .mirrors = {},
                    .differentiable = task,
                    .not_differentiable = why_not,
                    .num_threads = 1,
                    .ops = cpu_ops(),
                    .all = alone()});
}

TEST(Apg, NamesTheEpisodeWhoseNumbersAreNotFinite) {
  OneStepEnv env(2);
  Uneven task;
  const auto learner = learner_of(&task, env);
  learner->iterate();
  const std::vector<float> before = learner->policy().layers[0].weights;
  for (const auto& [odd, earned] : {std::array{kNaN, 0.0}, std::array{1.0, kNaN}}) {
    task.odd = odd;
    task.earned_there = earned;
    EXPECT_THAT(error_of([&] { learner->iterate(); }),
                AllOf(HasSubstr("episode 5 of iteration 2 has a return or a gradient that is not "
                                "finite; try a shorter apg.horizon than 4")));
  }
  task.odd = 1e200;
  task.earned_there = 0.0;
  EXPECT_THAT(error_of([&] { learner->iterate(); }), HasSubstr("longer than a number can be"));
  EXPECT_EQ(learner->iteration(), 1);
  EXPECT_EQ(learner->policy().layers[0].weights, before);
  task.odd = 9.0;
  const IterationReport report = learner->iterate();
  EXPECT_NEAR(report.at("train/gradient_norm"), 2.0 * std::sqrt(2.0), 1e-12);
  EXPECT_NEAR(report.at("train/gradient_std"), std::sqrt(2.0 * 56.0 / 7.0), 1e-12);
}

TEST(Apg, SaysHowManyOfItsEpisodesFell) {
  OneStepEnv env(2);
  Uneven task;
  const auto learner = learner_of(&task, env);
  EXPECT_EQ(learner->iterate().at("train/fallen"), 0.0);
  task.fallen_there = true;
  EXPECT_EQ(learner->iterate().at("train/fallen"), 1.0 / 8.0);
}

class OnAGpu final : public OneStepEnv {
 public:
  using OneStepEnv::OneStepEnv;
  torch::Device device() const override { return torch::Device(torch::kCUDA, 0); }
};

TEST(Apg, LearnsTheSameWhateverTheEnvironmentsDevice) {
  const Uneven task{};
  OneStepEnv env(2);
  OnAGpu gpu(2);
  const auto one = learner_of(&task, env), other = learner_of(&task, gpu);
  EXPECT_EQ(one->iterate().scalars, other->iterate().scalars);
  EXPECT_EQ(one->policy().layers[0].weights, other->policy().layers[0].weights);
}

TEST(Apg, RefusesWhatItCannotDoBeforeItTrains) {
  const Uneven task{};
  OneStepEnv env(2);
  EXPECT_THAT(error_of([&] { learner_of(nullptr, env); }),
              HasSubstr("these environments have none"));
  EXPECT_THAT(error_of([] { Training("chain"); }),
              HasSubstr("apg climbs the derivatives of a task's return: the task chain has none; "
                        "tasks that have: lqr, bandit, pendulum, and walk of a robot"));
  RunConfig robot;
  EXPECT_EQ(derivatives_of(robot).task, nullptr);
  EXPECT_THAT(derivatives_of(robot).why_not,
              HasSubstr("the task walk of a robot has some by the numbers of a gait alone"));
  EXPECT_THAT(error_of([] { Training("lqr", {.horizon = 61}); }),
              HasSubstr("apg.horizon = 61 is longer than an episode of 60 control steps; try 60"));
  EXPECT_THAT(error_of([] { Training("lqr", {.episodes = 0}); }),
              HasSubstr("apg.episodes = 0 is outside [1, "));
}

TEST(ApgConfig, IsRefusedWithAllThatIsWrong) {
  EXPECT_THAT(problems(ApgConfig{.episodes = 0, .beta2 = 1.0f}, 1),
              ElementsAre(HasSubstr("apg.episodes = 0 is outside [1, "),
                          HasSubstr("apg.beta2 = 1 is outside [0, 0.9999]")));
  EXPECT_THAT(problems(ApgConfig{}, 1), IsEmpty());
}

}  // namespace
}  // namespace kennel::apg_test
