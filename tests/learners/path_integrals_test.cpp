// Path integrals per time step, against answers worked out on paper, the black-box form, and as a
// learner that is told rewards by control step.
#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <memory>

#include "kennel/io/atomic_file.h"
#include "kennel/rl/collective.h"
#include "kennel/rl/phase_timer.h"
#include "src/learners/search/search_entry.h"
#include "tests/io/temp_folder.h"
#include "tests/rl/point_mass_env.h"

namespace kennel::path_integrals_test {
namespace {

torch::Tensor numbers(std::vector<double> values) { return torch::tensor(values, torch::kFloat64); }

double error(const torch::Tensor& a, const torch::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

// Rewards 5 0 and 0 2: to go 5 0 and 2 2. With exp(-h) = 1/2 the first step weighs 2/3 1/3, twice,
// and the second 1/3 2/3, once.
TEST(PathIntegralsPerTimeStep, WeighTwoCandidatesAsWorkedOutByHand) {
  const torch::Tensor to_go = rewards_to_go(torch::stack({numbers({5, 0}), numbers({0, 2})}));
  EXPECT_TRUE(to_go.equal(torch::stack({numbers({5, 0}), numbers({2, 2})})));
  EXPECT_LT(error(path_integral_weights_by_step(to_go, std::log(2.0)), numbers({5.0 / 9, 4.0 / 9})),
            1e-14);
}

// As above with a last step that all candidates earn the same at: now three times the first, twice
// the second, and nothing of the last.
TEST(PathIntegralsPerTimeStep, LeaveOutAStepThatTellsNothing) {
  const torch::Tensor to_go = rewards_to_go(torch::stack({numbers({5, 0, 7}), numbers({0, 2, 7})}));
  EXPECT_LT(
      error(path_integral_weights_by_step(to_go, std::log(2.0)), numbers({8.0 / 15, 7.0 / 15})),
      1e-14);
  const torch::Tensor same = rewards_to_go(torch::ones({4, 3}, torch::kFloat64));
  EXPECT_TRUE(
      path_integral_weights_by_step(same, 10.0).equal(torch::full({4}, 0.25, torch::kFloat64)));
}

TEST(PathIntegralsPerTimeStep, WeighAlikeInAnyUnitAndWithAnythingAddedToEveryReward) {
  const torch::Tensor rewards = search_noise(1, 0, 6, 9);
  const auto weights = [](const torch::Tensor& r, double h) {
    return path_integral_weights_by_step(rewards_to_go(r), h);
  };
  const torch::Tensor expected = weights(rewards, 10.0);
  EXPECT_NEAR(expected.sum().item<double>(), 1.0, 1e-14);
  EXPECT_LT(error(weights(rewards + 3.0, 10.0), expected), 1e-12);
  EXPECT_LT(error(weights(0.001 * rewards - 1.0, 10.0), expected), 1e-9);
  EXPECT_GT(error(weights(rewards, 5.0), expected), 0.01);
}

Pi2Config small_config(bool per_time_step) {
  return {.population = 8,
          .reuse = 2,
          .init_std = 1.0f,
          .std_decay = 0.5f,
          .min_std = 0.375f,
          .per_time_step = per_time_step};
}

// All that a candidate earns is at the end: what is to come is its score at every step.
TEST(PathIntegralsPerTimeStep, AreTheBlackBoxFormWhereOnlyTheLastStepPays) {
  const torch::Tensor start = torch::ones({5}, torch::kFloat64);
  Pi2 whole(small_config(false), start, 3), by_step(small_config(true), start, 3);
  EXPECT_FALSE(whole.wants_rewards());
  EXPECT_TRUE(by_step.wants_rewards());
  for (int t = 0; t < 4; ++t) {
    const torch::Tensor scores = -whole.ask(t).square().sum(1);
    by_step.ask(t);
    const torch::Tensor nothing = torch::zeros({8, 6}, torch::kFloat64);
    whole.tell(scores);
    by_step.tell_rewards(scores, torch::cat({nothing, scores.unsqueeze(1)}, 1));
    EXPECT_LT(error(whole.mean(), by_step.mean()), 1e-12);
    EXPECT_EQ(whole.scalars(), by_step.scalars());
  }
  EXPECT_GT(error(whole.mean(), start), 0.1);
}

TEST(PathIntegralsPerTimeStep, MoveByTheMeanOfTheStepsUpdates) {
  const torch::Tensor start = torch::zeros({3}, torch::kFloat64);
  Pi2 pi2(small_config(true), start, 9);
  const torch::Tensor x = pi2.ask(0).clone(), rewards = search_noise(4, 0, 8, 3);
  pi2.tell_rewards(rewards.sum(1), rewards);
  torch::Tensor step = torch::zeros_like(start);
  for (int t = 0; t < 3; ++t) {
    const torch::Tensor to_go = rewards.narrow(1, t, 3 - t).sum(1);
    step += (3.0 - t) / 6.0 * x.t().mv(path_integral_weights(to_go, 10.0));
  }
  EXPECT_LT(error(pi2.mean(), step), 1e-13);
  const torch::Tensor best = best_first(rewards.sum(1));
  EXPECT_TRUE(pi2.ask(1).narrow(0, 0, 2).equal(x.index_select(0, best.narrow(0, 0, 2))));
}

TEST(PathIntegralsPerTimeStep, LearnNothingWhereAllEarnTheSame) {
  const torch::Tensor start = torch::full({3}, 0.3, torch::kFloat64);
  Pi2 pi2(small_config(true), start, 9);
  const std::vector<Scalar> before = pi2.scalars();
  pi2.ask(0);
  pi2.tell_rewards(torch::full({8}, 0.4, torch::kFloat64),
                   torch::full({8, 4}, 0.1, torch::kFloat64));
  EXPECT_TRUE(pi2.mean().equal(start));
  EXPECT_EQ(pi2.scalars(), before);
}

// --- rewards by control step

TEST(RewardsByStep, SumUpToTheReturnsAndAreZeroAfterAFall) {
  constexpr int kSteps = 80;
  PointMassEnv env(4), plain_env(4);
  const SearchConfig config{.rollout_steps = kSteps, .alive_bonus = 0.25f, .symmetric = false};
  NetworkCandidates policy(env.spec(), config, nullptr);
  WorkerPool pool(1);
  Normaliser statistics(4, false, nullptr, torch::kCPU, cpu_ops());
  torch::Tensor policies = torch::zeros({2, policy.num_dense()});
  policies[1].narrow(0, 8, 2).fill_(1.0);  // pushed out, always
  const auto run = [&](VecEnv& in, bool keep_rewards) {
    return PopulationRollout(in, policy, config, pool, cpu_ops())
        .run(policies, statistics, *make_phase_timer(torch::kCPU), 0, keep_rewards);
  };
  const Evaluation with = run(env, true), without = run(plain_env, false);
  EXPECT_FALSE(without.rewards.defined());
  EXPECT_TRUE(torch::equal(with.env_scores, without.env_scores));
  ASSERT_EQ(with.rewards.sizes(), (std::vector<std::int64_t>{2, kSteps}));
  EXPECT_LT(error(with.rewards.sum(1), with.returns), 1e-4);
  EXPECT_GT(with.rewards[1][0].item<double>(), 0.2);  // the bonus
  EXPECT_EQ(with.rewards[1].slice(0, kSteps / 2).abs().sum().item<double>(), 0.0);
}

TEST(RewardsByStep, AreTheWorstCandidatesWhereOneHasNone) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Evaluation evaluation{
      .returns = numbers({3, nan, -2}),
      .rewards = torch::stack({numbers({1, 2}), numbers({4, nan}), numbers({-5, 3})})};
  const MendedScores scores = mended(evaluation);
  EXPECT_TRUE(
      scores.rewards.equal(torch::stack({numbers({1, 2}), numbers({-5, 3}), numbers({-5, 3})})));
  EXPECT_TRUE(mended({.returns = numbers({3, 1}), .rewards = torch::ones({2, 2})})
                  .rewards.equal(torch::ones({2, 2})));
}

// --- as a learner

constexpr int kNumEnvs = 128;

std::unique_ptr<Learner> learner_of(VecEnv& env, int num_threads = 1) {
  const ConfigBlock config("pi2", Pi2Config{.search = {.rollout_steps = 60, .symmetric = false},
                                            .population = 64,
                                            .init_std = 1.0f,
                                            .std_decay = 0.95f,
                                            .min_std = 0.1f,
                                            .per_time_step = true});
  return kPi2.make({.env = env,
                    .config = config,
                    .seed = 3,
                    .mirrors = {},
                    .num_threads = num_threads,
                    .ops = cpu_ops(),
                    .all = alone()});
}

TEST(PathIntegralsPerTimeStep, SolveThePointMass) {
  PointMassEnv env(kNumEnvs);
  const auto learner = learner_of(env);
  const double before = learner->iterate().mean_reward;
  double after = 0.0;
  for (int t = 0; t < 40; ++t) after = learner->iterate().mean_reward;
  EXPECT_LT(before, 0.3);
  EXPECT_GT(after, 0.7);  // of the candidates around the mean
}

TEST(PathIntegralsPerTimeStep, GoOnBitForBitFromACheckpointOnAnyThreads) {
  const TempFolder folder;
  PointMassEnv whole_env(kNumEnvs), env(kNumEnvs);
  const auto whole = learner_of(whole_env), resumed = learner_of(env, 3);
  for (int t = 0; t < 3; ++t) whole->iterate();
  whole->save(folder / "half.ckpt", "text");
  resumed->load(folder / "half.ckpt");
  for (int t = 0; t < 3; ++t) {
    const IterationReport one = whole->iterate(), other = resumed->iterate();
    EXPECT_EQ(one.scalars, other.scalars);
  }
  whole->save(folder / "whole.ckpt", "text");
  resumed->save(folder / "resumed.ckpt", "text");
  EXPECT_EQ(read_file(folder / "whole.ckpt"), read_file(folder / "resumed.ckpt"));
}

}  // namespace
}  // namespace kennel::path_integrals_test
