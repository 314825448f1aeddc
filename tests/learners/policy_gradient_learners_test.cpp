// The policy gradients as learners: each learns a toy task, goes on bit for bit, gives the same
// bits on any number of threads, and refuses what it cannot do.
#include <gmock/gmock.h>

#include <cmath>
#include <functional>

#include "kennel/io/atomic_file.h"
#include "kennel/learners/learners.h"
#include "kennel/rl/checkpoint.h"
#include "kennel/rl/collective.h"
#include "src/learners/policy_gradient/policy_gradient_entry.h"
#include "tests/io/temp_folder.h"
#include "tests/rl/point_mass_env.h"

namespace kennel {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kNumEnvs = 128;

/// A method with numbers for the toy tasks.
struct Toy {
  const char* name;
  const LearnerEntry* method;
  std::function<ConfigBlock(const NetworkConfig&)> config;
  int point_mass_iterations;
};

void PrintTo(const Toy& toy, std::ostream* out) { *out << toy.name; }

ConfigBlock reinforce(const std::string& baseline, const NetworkConfig& network) {
  ReinforceConfig c;
  c.rollout.num_steps = 20;
  c.baseline = baseline;
  const bool constant = baseline == "none" || baseline == "mean";  // whose gradients vary most
  c.learning_rate = constant ? 3e-3f : 1e-2f;
  c.value.learning_rate = 3e-3f;
  c.network = network;
  return {"reinforce", c};
}

Toy reinforce_toy(const char* name, const char* baseline) {
  return {name, &kReinforce,
          [baseline](const NetworkConfig& network) { return reinforce(baseline, network); }, 300};
}

std::vector<Toy> toys() {
  const auto a2c = [](const NetworkConfig& network) {
    A2cConfig c;
    c.rollout.num_steps = 8;
    c.learning_rate = c.value_learning_rate = 5e-3f;
    c.entropy_coef = 0.0f;
    c.network = network;
    return ConfigBlock("a2c", c);
  };
  const auto npg = [](const NetworkConfig& network) {
    NpgConfig c;
    c.rollout.num_steps = 20;
    c.natural.max_kl = 0.03f;
    c.natural.fisher_stride = 1;
    c.value.learning_rate = 3e-3f;
    c.network = network;
    return ConfigBlock("npg", c);
  };
  const auto trpo = [](const NetworkConfig& network) {
    TrpoConfig c;
    c.rollout.num_steps = 20;
    c.natural.max_kl = 0.03f;
    c.natural.fisher_stride = 1;
    c.value.learning_rate = 3e-3f;
    c.network = network;
    return ConfigBlock("trpo", c);
  };
  const auto ppo_kl = [](const NetworkConfig& network) {
    PpoKlConfig c;
    c.rollout.num_steps = 20;
    c.num_minibatches = 4;
    c.num_epochs = 4;
    c.target_kl = 0.02f;
    c.entropy_coef = 0.0f;
    c.learning_rate = 3e-3f;
    c.network = network;
    return ConfigBlock("ppo_kl", c);
  };
  return {reinforce_toy("reinforce_none", "none"),
          reinforce_toy("reinforce_mean", "mean"),
          reinforce_toy("reinforce_optimal", "optimal"),
          reinforce_toy("reinforce_learned", "learned"),
          {"a2c", &kA2c, a2c, 300},
          {"npg", &kNpg, npg, 80},
          {"trpo", &kTrpo, trpo, 80},
          {"ppo_kl", &kPpoKl, ppo_kl, 80}};
}

NetworkConfig small_network(bool symmetric = false) {
  NetworkConfig config;
  config.actor_hidden = {32, 32};
  config.critic_hidden = {32, 32};
  config.min_log_std = -2.5f;
  config.symmetric = symmetric;
  return config;
}

struct Extras {
  int num_threads = 1;
  const LearnerOps& ops = cpu_ops();
  const Collective& all = alone();
};

std::unique_ptr<Learner> learner_of(const LearnerEntry& method, const ConfigBlock& config,
                                    VecEnv& env, const Extras& extras = {}) {
  return method.make(
      {.env = env,
       .config = config,
       .seed = 3,
       .mirrors = env.spec().obs_size == 4 ? std::optional(PointMassEnv::mirrors()) : std::nullopt,
       .num_threads = extras.num_threads,
       .ops = extras.ops,
       .all = extras.all});
}

class PolicyGradients : public ::testing::TestWithParam<Toy> {
 protected:
  std::unique_ptr<Learner> learner(VecEnv& env, const NetworkConfig& network,
                                   const Extras& extras = {}) const {
    return learner_of(*GetParam().method, GetParam().config(network), env, extras);
  }

  double reward_after_training(const NetworkConfig& network, const Extras& extras = {}) const {
    PointMassEnv env(kNumEnvs);
    const auto method = learner(env, network, extras);
    double reward = 0.0;
    for (int k = 0; k < GetParam().point_mass_iterations; ++k) {
      const IterationReport now = method->iterate();
      if (k >= GetParam().point_mass_iterations - 5) reward += now.mean_reward / 5;
    }
    return reward;
  }

  std::string trained_bytes(int num_threads, bool symmetric) {
    PointMassEnv env(kNumEnvs);
    const auto method = learner(env, small_network(symmetric), {.num_threads = num_threads});
    for (int t = 0; t < 4; ++t) method->iterate();
    method->save(folder_ / "saved.ckpt", "text");
    return read_file(folder_ / "saved.ckpt");
  }

  TempFolder folder_;
};

// Without learning a step earns 0.16; the best policies 0.93.
TEST_P(PolicyGradients, ImproveOnThePointMass) {
  EXPECT_GT(reward_after_training(small_network()), 0.7);
}

TEST_P(PolicyGradients, ImproveByTheOperationsThatAGpuRunsAndWithSymmetricNetworks) {
  EXPECT_GT(reward_after_training(small_network(/*symmetric=*/true), {.ops = torch_ops()}), 0.7);
}

TEST_P(PolicyGradients, GoOnBitForBitFromACheckpoint) {
  PointMassEnv whole_env(kNumEnvs), again(kNumEnvs);
  const auto whole = learner(whole_env, small_network());
  for (int t = 0; t < 3; ++t) whole->iterate();
  whole->save(folder_ / "half.ckpt", "text");
  const auto gone_on = learner(again, small_network());
  gone_on->load(folder_ / "half.ckpt");
  for (int t = 0; t < 3; ++t) {
    const IterationReport one = whole->iterate(), other = gone_on->iterate();
    EXPECT_EQ(one.scalars, other.scalars);
  }
  whole->save(folder_ / "whole.ckpt", "text");
  gone_on->save(folder_ / "gone_on.ckpt", "text");
  EXPECT_EQ(read_file(folder_ / "whole.ckpt"), read_file(folder_ / "gone_on.ckpt"));
  EXPECT_NE(read_file(folder_ / "whole.ckpt"), read_file(folder_ / "half.ckpt"));
  EXPECT_EQ(read_checkpoint(folder_ / "half.ckpt").iteration, 3);
}

TEST_P(PolicyGradients, GiveTheSameBitsOnAnyNumberOfThreads) {
  for (const bool symmetric : {false, true})
    EXPECT_EQ(trained_bytes(1, symmetric), trained_bytes(3, symmetric));
}

TEST_P(PolicyGradients, ReportKlAndEntropyAndStd) {
  PointMassEnv env(kNumEnvs);
  const auto method = learner(env, small_network());
  const IterationReport report = method->iterate();
  EXPECT_GT(report.at("train/kl"), 0.0);
  EXPECT_NEAR(report.at("train/std"), 0.5, 0.1);
  EXPECT_NEAR(report.at("train/entropy"), 2 * (std::log(report.at("train/std")) + 1.4189385), 2e-2);
  EXPECT_EQ(report.at("train/skipped_updates"), 0);
  EXPECT_EQ(method->complaint(), "");
}

TEST_P(PolicyGradients, StopWithOneClearLineWhenRewardsAreNotFinite) {
  PointMassEnv env(kNumEnvs);
  const auto method = learner(env, small_network());
  method->iterate();
  env.reward_offset = NAN;
  try {
    method->iterate();
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("the reward of environment 0 is not finite at step 0"));
  }
  EXPECT_TRUE(method->save_failure(folder_ / "failed"));
  EXPECT_TRUE(
      TensorArchive::load(folder_ / "failed").tensor("parameters").isfinite().all().item<bool>());
}

INSTANTIATE_TEST_SUITE_P(Methods, PolicyGradients, ::testing::ValuesIn(toys()),
                         [](const auto& info) { return std::string(info.param.name); });

template <class Work>
std::string error_of(const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

/// The first action of a2c's policy away from the middle, trained at a price of its mean's square.
float action_at(float mean_coef) {
  PointMassEnv env(kNumEnvs);
  A2cConfig config;
  config.learning_rate = config.value_learning_rate = 5e-3f;
  config.entropy_coef = 0.0f;
  config.mean_coef = mean_coef;
  config.network = small_network();
  const auto a2c = learner_of(kA2c, ConfigBlock("a2c", config), env);
  for (int t = 0; t < 200; ++t) a2c->iterate();
  return forward(a2c->policy(), std::vector<float>{0.8f, 0.0f, 0.0f, 0.0f}).at(0);
}

// Back to the middle; the dearer, the less. A price of the wrong sign would drive it to its bounds.
TEST(A2c, PaysForTheSquareOfItsMeanAction) {
  const float free = std::abs(action_at(0)), dear = std::abs(action_at(1)),
              dearest = std::abs(action_at(100));
  EXPECT_GT(free, 0.3f);
  EXPECT_LT(dear, 0.8f * free);
  EXPECT_LT(dearest, 0.05f);
}

/// Two ranks, of which only one is there.
class Pair final : public Collective {
 public:
  int rank() const override { return 0; }
  int size() const override { return 2; }
  void sum(torch::Tensor& x) const override { x.mul_(2); }
  void max(torch::Tensor&) const override {}
};

TEST(PolicyGradientErrors, AreOneLineBeforeTraining) {
  PointMassEnv env(kNumEnvs);
  const Pair pair;
  EXPECT_THAT(
      error_of([&] { learner_of(kTrpo, ConfigBlock("trpo", TrpoConfig{}), env, {.all = pair}); }),
      HasSubstr("trpo trains in one process; 2 were started"));
  ReinforceConfig config;
  config.baseline = "median";
  EXPECT_THAT(error_of([&] {
                learner_of(kReinforce, {"reinforce", config}, env);
              }),
              HasSubstr("median"));
}

TEST(PolicyGradientErrors, ACheckpointOfAnotherMethodIsRefusedAndNothingHasChanged) {
  const TempFolder folder;
  PointMassEnv env(kNumEnvs), other(kNumEnvs);
  const auto npg = learner_of(kNpg, ConfigBlock("npg", NpgConfig{}), env);
  npg->iterate();
  npg->save(folder / "npg.ckpt", "text");
  const auto trpo = learner_of(kTrpo, ConfigBlock("trpo", TrpoConfig{}), other);
  trpo->save(folder / "before", "text");
  EXPECT_THAT(error_of([&] { trpo->load(folder / "npg.ckpt"); }),
              HasSubstr("has no entry \"trpo/"));
  trpo->save(folder / "after", "text");
  EXPECT_EQ(read_file(folder / "before"), read_file(folder / "after"));
  trpo->load_networks(folder / "npg.ckpt");  // its networks are welcome
  EXPECT_EQ(trpo->policy().layers[0].weights, npg->policy().layers[0].weights);
}

TEST(PolicyGradientConfigs, AsTheyShipFitTheBatchesThatShip) {
  for (const LearnerEntry* method : {&kReinforce, &kA2c, &kNpg, &kTrpo, &kPpoKl})
    for (const int num_envs : {256, 1024, 4096})
      EXPECT_THAT(method->config().problems(num_envs), IsEmpty()) << method->name;
}

TEST(PolicyGradientConfigs, AreRefusedWithWhatFits) {
  NpgConfig npg;
  npg.rollout.num_steps = 5;
  npg.value.minibatches = 3;
  EXPECT_THAT(problems(npg, 4), ElementsAre("npg.value_minibatches = 3 does not divide num_envs * "
                                            "num_steps = 20; try 2 or 4"));
  ReinforceConfig reinforce;
  reinforce.baseline = "median";
  EXPECT_THAT(problems(reinforce, 64), ElementsAre(HasSubstr("reinforce.baseline")));
  TrpoConfig trpo;
  trpo.backtrack_factor = 1.5f;
  trpo.natural.max_kl = 0.0f;
  EXPECT_THAT(problems(trpo, 64), Contains(HasSubstr("trpo.backtrack_factor = 1.5 is outside")));
  EXPECT_THAT(problems(trpo, 64), Contains(HasSubstr("trpo.max_kl = 0 is outside")));
  A2cConfig a2c;
  a2c.rollout.num_steps = 1;
  EXPECT_THAT(problems(a2c, 1), ElementsAre(HasSubstr("takes at least 2 samples")));
  PpoKlConfig ppo_kl;
  ppo_kl.num_minibatches = 7;
  EXPECT_THAT(problems(ppo_kl, 1024),
              ElementsAre(HasSubstr("ppo_kl.num_minibatches = 7 does not divide")));
}

}  // namespace
}  // namespace kennel
