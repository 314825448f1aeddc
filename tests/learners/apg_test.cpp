// The analytic policy gradient: its derivatives against paper and difference quotients, what it
// learns, and what it refuses.
#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <functional>
#include <limits>

#include "kennel/gradient/first_order.h"
#include "kennel/gradient/small_return.h"
#include "kennel/io/atomic_file.h"
#include "kennel/rl/checkpoint.h"
#include "kennel/rl/collective.h"
#include "kennel/rl/learner_ops.h"
#include "kennel/run/derivatives.h"
#include "kennel/sim/make_env.h"
#include "src/learners/apg/apg_entry.h"
#include "tests/io/temp_folder.h"
#include "tests/learners/lqr.h"
#include "tests/learners/tiny_env.h"

namespace kennel {
namespace {

using gradient::small_return;
using gradient::SmallReturn;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kLqrSteps = small::Lqr::kRow.episode_steps;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

small::Draw episode(std::uint64_t index) { return {7, index, 1, 0}; }

std::vector<double> gradient_of(const small::TaskRow& task, std::span<const double> policy,
                                const small::Draw& start, int horizon) {
  const SmallReturn& of = *small_return(task);
  std::vector<double> out(static_cast<std::size_t>(of.num_parameters), kNaN);
  EXPECT_NEAR(of.gradient(policy, start, horizon, out), of.value(policy, start, horizon),
              1e-9 * std::abs(of.value(policy, start, horizon)));
  return out;
}

void expect_quotients(const small::TaskRow& task, std::vector<double> policy, int horizon) {
  constexpr double h = 1e-6;
  for (std::uint64_t index = 0; index < 5; ++index) {
    const small::Draw start = episode(index);
    const std::vector<double> exact = gradient_of(task, policy, start, horizon);
    for (std::size_t k = 0; k < policy.size(); ++k) {
      const double at = policy[k];
      policy[k] = at + h;
      const double above = small_return(task)->value(policy, start, horizon);
      policy[k] = at - h;
      const double below = small_return(task)->value(policy, start, horizon);
      policy[k] = at;
      EXPECT_NEAR(exact[k], (above - below) / (2 * h), 1e-5 * (1 + std::abs(exact[k])))
          << task.name << ", episode " << index << ", parameter " << k;
    }
  }
}

TEST(SmallReturns, HaveTheDerivativesOfDifferenceQuotients) {
  expect_quotients(small::Lqr::kRow, {-3.0, -3.0, 0.2}, kLqrSteps);
  expect_quotients(small::Bandit::kRow, {0.4, -0.7}, 1);
  expect_quotients(small::Pendulum::kRow, {0.3, -0.2, 0.1, 0.05}, 30);
}

// What is differentiated is what the environments do, but for their observations and actions,
// which are float.
TEST(SmallReturns, AreThoseOfTheEnvironments) {
  constexpr int kEnvs = 6, kSteps = 20;
  struct Case {
    const small::TaskRow* task;
    std::vector<double> policy;
  };
  for (const Case& c : {Case{&small::Lqr::kRow, {-3.0, -3.0, 0.2}},
                        Case{&small::Pendulum::kRow, {0.5, -1.0, 0.25, 0.125}}}) {
    EnvOptions options;
    options.num_envs = kEnvs;
    options.seed = 7;
    options.device = "cpu";
    const auto env = make_small_env(*c.task, options);
    env->reset();
    const std::int64_t obs_size = c.task->obs_size();
    const torch::Tensor numbers = torch::tensor(c.policy, torch::kFloat32);
    torch::Tensor sum = torch::zeros({kEnvs}, torch::kFloat64);
    for (int t = 0; t < kSteps; ++t) {
      const torch::Tensor action = env->buffers().obs.mv(numbers.narrow(0, 0, obs_size));
      env->step((action + numbers[obs_size]).view({-1, 1}));
      sum += env->buffers().reward;
    }
    for (std::uint64_t e = 0; e < kEnvs; ++e) {
      const double earned = sum[static_cast<std::int64_t>(e)].item<double>();
      EXPECT_NEAR(small_return(*c.task)->value(c.policy, episode(e), kSteps), earned,
                  1e-4 * std::abs(earned))
          << c.task->name << ' ' << e;
    }
  }
}

// A return from x_0 is -x_0'P x_0, so three episodes tell dP / dK, and its trace is the gradient of
// the mean cost: 2 E Sigma of Fazel et al., lemma 1, at K = [3, 3].
TEST(SmallReturns, OfThreeEpisodesTellTheGradientOfTheRegulatorsMeanCost) {
  const std::vector<double> policy = {-3.0, -3.0, 0.0};
  double squares[3][3], by[3][2];
  for (int e = 0; e < 3; ++e) {
    const small::Draw start = episode(static_cast<std::uint64_t>(e));
    const auto [x, v] = small::Lqr::start(start).x;
    const double row[3] = {x * x, 2 * x * v, v * v};
    std::copy_n(row, 3, squares[e]);
    const std::vector<double> g = gradient_of(small::Lqr::kRow, policy, start, kLqrSteps);
    std::copy_n(g.data(), 2, by[e]);  // by W = -K, of the return: as the cost by K
  }
  const auto det = [](const double(&m)[3][3]) {
    return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) -
           m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
           m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
  };
  const double expected[2] = {-1.43577026, 0.60170458};
  for (int k = 0; k < 2; ++k) {
    double trace = 0.0;  // of dP / dK_k, by Cramer's rule
    for (const int column : {0, 2}) {
      double with[3][3];
      std::copy_n(&squares[0][0], 9, &with[0][0]);
      for (int e = 0; e < 3; ++e) with[e][column] = by[e][k];
      trace += det(with) / det(squares);
    }
    EXPECT_NEAR(trace, expected[k], 1e-7);
  }
}

TEST(SmallReturns, HaveThatGradientInTheMeanOverEpisodes) {
  constexpr int kEpisodes = 20000;
  const std::vector<double> policy = {-3.0, -3.0, 0.0};
  double sum[3] = {}, squares[3] = {};
  for (std::uint64_t e = 0; e < kEpisodes; ++e) {
    const std::vector<double> g = gradient_of(small::Lqr::kRow, policy, episode(e), kLqrSteps);
    for (std::size_t k = 0; k < 3; ++k) {
      sum[k] += g[k] / kEpisodes;
      squares[k] += g[k] * g[k] / kEpisodes;
    }
  }
  const double expected[3] = {-1.43577026, 0.60170458, 0.0};
  for (int k = 0; k < 3; ++k) {
    const double error = std::sqrt((squares[k] - sum[k] * sum[k]) / kEpisodes);
    EXPECT_LT(error, 0.05);
    EXPECT_NEAR(sum[k], expected[k], 4 * error) << k;
  }
}

TEST(SmallReturns, HaveNoGradientAtTheBestRegulator) {
  const std::vector<double> best = {-Lqr::kBestK[0], -Lqr::kBestK[1], 0.0};
  for (std::uint64_t e = 0; e < 10; ++e)
    for (const double g : gradient_of(small::Lqr::kRow, best, episode(e), kLqrSteps))
      EXPECT_NEAR(g, 0.0, 1e-6);
}

// d = 1.5, s = 0.5: the pathwise gradient is -2 d = -3 in the mean, its variance 4 s^2 = 1.
TEST(SmallReturns, OfTheBanditHaveThePathwiseGradientAndItsVariance) {
  const auto at = [](std::span<const double> mu) { return std::vector<double>{0.0, mu[0]}; };
  const SmallReturn& of = *small_return(small::Bandit::kRow);
  const gradient::Function f = {1,
                                [&](std::span<const double> mu) { return of.value(at(mu), {}, 1); },
                                [&](std::span<const double> mu, std::span<double> out) {
                                  std::vector<double> by(2);
                                  const double value = of.gradient(at(mu), {}, 1, by);
                                  out[0] = by[1];
                                  return value;
                                }};
  constexpr int kSamples = 20000;
  const double mu[1] = {small::Bandit::c + 1.5};
  const gradient::Moments m = moments(first_order(f, mu, 0.5, kSamples, {3, 0}));
  EXPECT_NEAR(m.mean[0], -3.0, 4 / std::sqrt(kSamples));
  EXPECT_NEAR(m.variance, 1.0, 4 * std::sqrt(2.0 / kSamples));
}

TEST(SmallReturns, HaveNoDerivativeBeyondTheBoundsOfAnAction) {
  EXPECT_THAT(gradient_of(small::Bandit::kRow, std::vector<double>{0.0, 9.0}, {}, 1),
              ElementsAre(0.0, 0.0));
  EXPECT_DOUBLE_EQ(small_return(small::Bandit::kRow)->value(std::vector<double>{0.0, 9.0}, {}, 1),
                   -9.5 * 9.5);  // at the bound, 8
  EXPECT_THAT(gradient_of(small::Bandit::kRow, std::vector<double>{0.0, 7.0}, {}, 1),
              ElementsAre(-17.0, -17.0));
}

TEST(SmallReturns, AreNoNumberWhereAnActionIsNone) {
  std::vector<double> out(2);
  const std::vector<double> policy = {0.0, kNaN};
  EXPECT_TRUE(std::isnan(small_return(small::Bandit::kRow)->value(policy, {}, 1)));
  EXPECT_TRUE(std::isnan(small_return(small::Bandit::kRow)->gradient(policy, {}, 1, out)));
}

TEST(SmallReturns, AreThereForTasksThatAreSmooth) {
  EXPECT_THAT(gradient::differentiable_tasks(), ElementsAre("lqr", "bandit", "pendulum"));
  EXPECT_EQ(small_return(small::Chain::kRow), nullptr);
}

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
    learner = kApg.make({.env = *env,
                         .config = {"apg", apg},
                         .seed = 3,
                         .mirrors = {},
                         .differentiable = derivatives.task.get(),
                         .not_differentiable = derivatives.why_not,
                         .num_threads = num_threads,
                         .ops = cpu_ops(),
                         .all = alone()});
  }

  void run(int iterations) {
    for (int k = 0; k < iterations; ++k) {
      learner->set_progress(static_cast<double>(k) / iterations);
      learner->iterate();
    }
  }

  std::string bytes(const TempFolder& folder) const {
    learner->save(folder / "saved.ckpt", "text");
    return read_file(folder / "saved.ckpt");
  }
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
    double sum = 0.0;
    for (std::uint64_t e = 0; e < 500; ++e)
      sum += small_return(small::Pendulum::kRow)->value(policy, episode(e), 10) / 500;
    return sum;
  };
  const double before = earned();
  training.run(100);
  EXPECT_GT(earned(), before + 1.0);
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
  for (int k = 0; k < 3; ++k)
    EXPECT_EQ(whole.learner->iterate().scalars, resumed.learner->iterate().scalars);
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

/// A gradient of 1 everywhere, but in one episode.
class Uneven final : public DifferentiableTask {
 public:
  double odd = 1.0;           // the gradient in episode 5 of each iteration
  double earned_there = 0.0;  // the return there

  std::string description() const override { return "policy"; }
  int num_parameters() const override { return 2; }
  int episode_steps() const override { return 4; }
  std::vector<double> start() const override { return {0.0, 0.0}; }
  double gradient(std::span<const double>, const EpisodeKey& key, int,
                  std::span<double> out) const override {
    out[0] = out[1] = key.index == 5 ? odd : 1.0;
    return key.index == 5 ? earned_there : 0.0;
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

class OnAGpu final : public OneStepEnv {
 public:
  using OneStepEnv::OneStepEnv;
  torch::Device device() const override { return torch::Device(torch::kCUDA, 0); }
};

TEST(Apg, RefusesWhatItCannotDoBeforeItTrains) {
  const Uneven task;
  OneStepEnv env(2);
  OnAGpu gpu(2);
  EXPECT_THAT(error_of([&] { learner_of(nullptr, env); }),
              HasSubstr("these environments have none"));
  EXPECT_THAT(error_of([&] { learner_of(&task, gpu); }),
              AllOf(HasSubstr("apg learns on the CPU, and these environments are on cuda:0"),
                    HasSubstr("--device cpu")));
  EXPECT_THAT(error_of([] { Training("chain"); }),
              HasSubstr("apg climbs the derivatives of a task's return: the task chain has none; "
                        "tasks that have: lqr, bandit, pendulum"));
  RunConfig robot;
  EXPECT_EQ(derivatives_of(robot).task, nullptr);
  EXPECT_THAT(derivatives_of(robot).why_not,
              AllOf(HasSubstr("the task walk of a robot has none"), HasSubstr("kennel gradient")));
  EXPECT_THAT(error_of([] { Training("lqr", {.horizon = 61}); }),
              HasSubstr("apg.horizon = 61 is longer than an episode of 60 control steps; try 60"));
  EXPECT_THAT(error_of([] { Training("lqr", {.episodes = 0}); }),
              HasSubstr("apg.episodes = 0 is outside [1, "));
}

TEST(ApgConfig, IsRefusedWithAllThatIsWrong) {
  EXPECT_THAT(problems(ApgConfig{.episodes = 0, .beta2 = 1.0f}, 1),
              ElementsAre(HasSubstr("apg.episodes = 0 is outside [1, "),
                          HasSubstr("apg.beta2 = 1 is outside [0, 0.9999]")));
  EXPECT_THAT(problems(ApgConfig{}, 1), ElementsAre());
}

}  // namespace
}  // namespace kennel
