// Common random numbers in a search: candidates that act alike score alike, bit for bit, whatever
// environments they are tried in, and each generation draws anew.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "envs/small/rows.h"
#include "kennel/rl/phase_timer.h"
#include "kennel/rl/random.h"
#include "kennel/sim/make_env.h"
#include "src/learners/search/network_candidates.h"
#include "src/learners/search/population_rollout.h"
#include "tests/learners/simt_env.h"
#include "tests/rl/point_mass_env.h"

namespace kennel::common_random_numbers_test {
namespace {

constexpr int kCandidates = 4, kEach = 3, kEnvs = kCandidates * kEach;

/// What candidates score in an environment's batch.
class Scorer {
 public:
  Scorer(VecEnv& env, const SearchConfig& config, int num_threads = 1)
      : policy_(env.spec(), config, nullptr),
        pool_(num_threads),
        statistics_(env.spec().obs_size, false, nullptr, env.device(), cpu_ops()),
        rollout_(env, policy_, config, pool_, cpu_ops()) {}

  const NetworkCandidates& policy() const { return policy_; }

  Evaluation evaluate(const torch::Tensor& policies, std::int64_t generation,
                      bool keep_rewards = false) {
    return rollout_.run(policies, statistics_, *make_phase_timer(torch::kCPU), generation,
                        keep_rewards);
  }

  /// Of every environment, (population, environments of a candidate).
  torch::Tensor operator()(const torch::Tensor& policies, std::int64_t generation) {
    return evaluate(policies, generation).env_scores.view({policies.size(0), -1});
  }

 private:
  NetworkCandidates policy_;
  WorkerPool pool_;
  Normaliser statistics_;
  PopulationRollout rollout_;
};

/// Longer than an episode of the robot's, of the point mass and of most small tasks.
SearchConfig rollout(bool common) {
  return {.rollout_steps = 70, .common_random_numbers = common, .symmetric = false};
}

/// Four times the same candidate.
torch::Tensor four_alike(const NetworkCandidates& policy, double scale) {
  const torch::Tensor one =
      scale * torch::randn({1, policy.num_dense()}, cpu_generator(2), torch::kFloat64);
  return one.to(torch::kFloat32).repeat({kCandidates, 1});
}

bool all_equal(const torch::Tensor& scores) {
  return torch::equal(scores, scores.narrow(0, 0, 1).expand_as(scores));
}

std::unique_ptr<VecEnv> robot_env(int num_envs, int num_threads,
                                  const EnvConfig& config = testing::busy_config()) {
  EnvOptions options;
  options.num_envs = num_envs;
  options.num_threads = num_threads;
  options.device = "cpu";
  return make_env(config, options);
}

std::unique_ptr<VecEnv> small_env(const small::TaskRow& task, int num_envs) {
  EnvOptions options;
  options.num_envs = num_envs;
  options.device = "cpu";
  return make_small_env(task, options);
}

/// Environments of a kind, and how large a random candidate's parameters are there.
struct Kind {
  const char* name;
  std::function<std::unique_ptr<VecEnv>(int num_threads)> make;
  double scale;
};

void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

std::vector<Kind> kinds() {
  return {
      {"robot", [](int threads) { return robot_env(kEnvs, threads); }, 0.05},
      {"kernels", [](int) { return testing::simt_env(kEnvs); }, 0.05},
      {"lqr", [](int) { return small_env(small::Lqr::kRow, kEnvs); }, 1.0},
      {"chain", [](int) { return small_env(small::Chain::kRow, kEnvs); }, 1.0},
      {"point_mass", [](int) { return std::make_unique<PointMassEnv>(kEnvs); }, 1.0},
  };
}

class CommonRandomNumbers : public ::testing::TestWithParam<Kind> {};

TEST_P(CommonRandomNumbers, GiveCandidatesThatActAlikeTheSameScoresBitForBit) {
  const auto env = GetParam().make(1), own_env = GetParam().make(1);
  Scorer common(*env, rollout(true)), own(*own_env, rollout(false));
  const torch::Tensor policies = four_alike(common.policy(), GetParam().scale);
  const torch::Tensor first = common(policies, 0), next = common(policies, 1);
  EXPECT_TRUE(all_equal(first)) << first;
  EXPECT_TRUE(all_equal(next)) << next;
  EXPECT_FALSE(torch::equal(first, next)) << "each generation draws anew";
  EXPECT_FALSE(all_equal(first.t())) << "environments of a candidate are apart";
  EXPECT_FALSE(all_equal(own(policies, 0))) << "without, candidates draw on their own";
}

// A generation's draws follow from its number: neither threads nor what was before count.
TEST_P(CommonRandomNumbers, AreTheSameOnAnyThreadsAndFromASavedState) {
  const auto env = GetParam().make(1), resumed = GetParam().make(3), fresh = GetParam().make(3);
  Scorer score(*env, rollout(true)), resumed_score(*resumed, rollout(true), 3),
      fresh_score(*fresh, rollout(true), 3);
  const torch::Tensor policies =
      GetParam().scale *
      torch::randn({kCandidates, score.policy().num_dense()}, cpu_generator(5), torch::kFloat32);
  score(policies, 0);
  resumed->load_state(env->save_state());
  const torch::Tensor next = score(policies, 1);
  EXPECT_FALSE(all_equal(next));
  EXPECT_TRUE(torch::equal(resumed_score(policies, 1), next));
  EXPECT_TRUE(torch::equal(fresh_score(policies, 1), next));
}

INSTANTIATE_TEST_SUITE_P(, CommonRandomNumbers, ::testing::ValuesIn(kinds()),
                         [](const auto& kind) { return std::string(kind.param.name); });

/// A policy of the point mass that pulls it to the middle, or pushes it out.
torch::Tensor spring(float stiffness) {
  torch::Tensor dense = torch::zeros({1, 10});  // W (4, 2), then b
  for (int axis = 0; axis < 2; ++axis) {
    dense[0][2 * axis + axis] = -stiffness;
    dense[0][2 * (2 + axis) + axis] = -stiffness;
  }
  return dense;
}

TEST(CommonRandomNumbersOfGenerations, AreNotMovedByAnotherCandidatesFalls) {
  PointMassEnv env(kEnvs), other_env(kEnvs);
  Scorer score(env, rollout(true)), other(other_env, rollout(true));
  const torch::Tensor in = spring(2.0f), out = spring(-2.0f);
  const torch::Tensor falling = torch::cat({in, out, out, in}), all = in.repeat({kCandidates, 1});
  for (int generation = 0; generation < 3; ++generation) {
    const Evaluation evaluation = score.evaluate(falling, generation);
    EXPECT_FLOAT_EQ(evaluation.fallen, 0.5);
    const torch::Tensor scores = evaluation.env_scores.view({kCandidates, kEach});
    const torch::Tensor expected = other(all, generation);
    for (const int candidate : {0, 3}) EXPECT_TRUE(torch::equal(scores[candidate], expected[0]));
    EXPECT_TRUE(torch::equal(scores[1], scores[2]));
    EXPECT_FALSE(torch::equal(scores[0], scores[1]));
  }
}

// As in a run that goes on with an edited `rollout_steps`: no generation comes a second time.
TEST(CommonRandomNumbersOfGenerations, AreThoseOfTheirNumberHoweverLongARolloutIs) {
  const auto first_rewards = [](int rollout_steps, std::int64_t generation) {
    const auto env = small_env(small::Lqr::kRow, kEnvs);
    Scorer score(*env, {.rollout_steps = rollout_steps, .symmetric = false});
    const torch::Tensor policies = four_alike(score.policy(), 1.0);
    return score.evaluate(policies, generation, /*keep_rewards=*/true).rewards.select(1, 0);
  };
  const torch::Tensor before = first_rewards(3, 1);
  EXPECT_TRUE(torch::equal(first_rewards(1, 1), before));
  for (const std::int64_t later : {2, 3})
    EXPECT_FALSE(torch::equal(first_rewards(1, later), before));
}

/// Of two candidates' scores, over generations.
double variance_of_difference(VecEnv& env, const torch::Tensor& two, bool common) {
  constexpr int kGenerations = 24;
  Scorer score(env, {.rollout_steps = 20, .common_random_numbers = common, .symmetric = false});
  torch::Tensor difference = torch::zeros({kGenerations}, torch::kFloat64);
  for (int generation = 0; generation < kGenerations; ++generation) {
    const torch::Tensor returns = score(two, generation).mean(1);
    difference[generation] = returns[1] - returns[0];
  }
  return difference.var(/*unbiased=*/true).item<double>();
}

// A gain of [3.1, 3.1] beside [3, 3]: what x_0 costs differs by some percent, and hundreds of
// percent from one x_0 to another.
TEST(CommonRandomNumbersOfGenerations, TellTwoNearGainsOfTheRegulatorApart) {
  const torch::Tensor two = torch::tensor({{-3.0f, -3.0f, 0.0f}, {-3.1f, -3.1f, 0.0f}});
  const auto variance = [&](bool common) {
    return variance_of_difference(*small_env(small::Lqr::kRow, 16), two, common);
  };
  EXPECT_LT(variance(true), 0.05 * variance(false));
}

TEST(CommonRandomNumbersOfGenerations, TellTwoNearPoliciesOfTheRobotApart) {
  const auto env = robot_env(16, 2, EnvConfig{}), own_env = robot_env(16, 2, EnvConfig{});
  const NetworkCandidates policy(env->spec(), rollout(true), nullptr);
  const auto noise = [&](std::uint64_t seed) {
    return torch::randn({1, policy.num_dense()}, cpu_generator(seed), torch::kFloat32);
  };
  const torch::Tensor one = 0.02 * noise(1), two = torch::cat({one, one + 0.001 * noise(2)});
  EXPECT_LT(variance_of_difference(*env, two, true),
            0.5 * variance_of_difference(*own_env, two, false));
}

}  // namespace
}  // namespace kennel::common_random_numbers_test
