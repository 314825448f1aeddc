// The off-policy methods as learners: each finds answers that are known, goes on bit for bit, and
// refuses what it cannot do.
#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "kennel/io/atomic_file.h"
#include "kennel/learners/learners.h"
#include "kennel/rl/checkpoint.h"
#include "kennel/rl/collective.h"
#include "src/learners/off_policy/off_policy_entry.h"
#include "tests/io/temp_folder.h"
#include "tests/learners/tiny_env.h"
#include "tests/rl/point_mass_env.h"

namespace kennel::off_policy_learner_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kNumEnvs = 64;

ReplayConfig small_replay() {
  ReplayConfig config;
  config.num_steps = 8;
  config.buffer_steps = 400;
  config.warmup_steps = 8;
  config.batch_size = 256;
  config.updates_per_step = 2;
  config.n_step = 3;
  config.gamma = 0.95f;
  config.symmetric = false;
  return config;
}

const ActorCriticConfig kSmall{{32, 32}, {32, 32}, 1e-3f, 2e-3f};

/// A method with numbers for a toy task.
struct Toy {
  const LearnerEntry* method;
  ConfigBlock config;

  std::string name() const { return config.section(); }
  template <class Value>
  Toy& set(const char* key, Value value) {
    for (const AnyField& field : config.fields())
      if (field.name == std::string(key)) *std::get<Value*>(field.value) = value;
    return *this;
  }
};

void PrintTo(const Toy& toy, std::ostream* out) { *out << toy.name(); }

Toy ddpg_toy() { return {&kDdpg, {"ddpg", DdpgConfig{small_replay(), kSmall}}}; }
Toy td3_toy() { return {&kTd3, {"td3", Td3Config{small_replay(), kSmall}}}; }
Toy sac_toy() { return {&kSac, {"sac", SacConfig{small_replay(), kSmall}}}; }
Toy dqn_toy() {
  DqnConfig config{small_replay(), {32, 32}, 1e-3f};
  return {&kDqn, {"dqn", config}};
}
std::vector<Toy> toys() { return {dqn_toy(), ddpg_toy(), td3_toy(), sac_toy()}; }

std::unique_ptr<Learner> learner_of(const Toy& toy, VecEnv& env, int num_threads = 1,
                                    const std::optional<Mirrors>& mirrors = {},
                                    const LearnerOps& ops = cpu_ops()) {
  return toy.method->make({.env = env,
                           .config = toy.config,
                           .seed = 3,
                           .mirrors = mirrors,
                           .num_threads = num_threads,
                           .ops = ops,
                           .all = alone()});
}

std::vector<float> acted(const PolicyNetwork& policy, std::vector<float> obs) {
  return forward(policy, obs);
}

/// What the deployed policy earns a control step of the point mass on fresh episodes.
double reward_of(const PolicyNetwork& policy) {
  PointMassEnv env(64, /*seed=*/99);
  env.reset();
  double reward = 0.0;
  torch::Tensor action = torch::zeros({64, 2});
  for (int step = 0; step < PointMassEnv::kEpisodeSteps; ++step) {
    for (int e = 0; e < 64; ++e) {
      const float* obs = env.buffers().obs.const_data_ptr<float>() + 4 * e;
      const std::vector<float> a = forward(policy, std::span(obs, 4));
      std::copy(a.begin(), a.end(), action.mutable_data_ptr<float>() + 2 * e);
    }
    env.step(action);
    reward += env.buffers().reward.mean().item<double>() / PointMassEnv::kEpisodeSteps;
  }
  return reward;
}

class OffPolicy : public ::testing::TestWithParam<Toy> {
 protected:
  std::string trained_bytes(int num_threads) {
    PointMassEnv env(kNumEnvs);
    Toy toy = GetParam();
    toy.set("batch_size", 1100);  // three slices
    const auto learner = learner_of(toy, env, num_threads);
    for (int t = 0; t < 3; ++t) learner->iterate();
    learner->save(folder_ / "saved.ckpt", "text");
    return read_file(folder_ / "saved.ckpt");
  }

  TempFolder folder_;
};

// Without learning a step earns 0.16; the best policies 0.93.
TEST_P(OffPolicy, SolvesThePointMass) {
  PointMassEnv env(kNumEnvs);
  const auto learner = learner_of(GetParam(), env, /*num_threads=*/2);
  EXPECT_LT(reward_of(learner->policy()), 0.3);
  for (int t = 0; t < 100; ++t) learner->iterate();
  EXPECT_GT(reward_of(learner->policy()), 0.8);
  EXPECT_EQ(learner->iteration(), 100);
  EXPECT_EQ(learner->env_steps(), 100 * 8 * kNumEnvs);
}

TEST_P(OffPolicy, SolvesThePointMassByTheOperationsThatAGpuRuns) {
  PointMassEnv env(kNumEnvs);
  Toy toy = GetParam();
  toy.set("symmetric", true);
  const auto learner = learner_of(toy, env, 1, PointMassEnv::mirrors(), torch_ops());
  for (int t = 0; t < 100; ++t) learner->iterate();
  EXPECT_GT(reward_of(learner->policy()), 0.8);
}

TEST_P(OffPolicy, GoesOnBitForBitFromACheckpoint) {
  PointMassEnv whole_env(kNumEnvs), env(kNumEnvs);
  Toy toy = GetParam();
  toy.set("buffer_steps", 20);  // goes round between the checkpoints
  const auto whole = learner_of(toy, whole_env);
  const auto resumed = learner_of(toy, env);
  for (int t = 0; t < 9; ++t) whole->iterate();
  whole->save(folder_ / "half.ckpt", "text");
  resumed->load(folder_ / "half.ckpt");
  for (int t = 0; t < 4; ++t) {
    const IterationReport one = whole->iterate(), other = resumed->iterate();
    EXPECT_EQ(one.scalars, other.scalars);
    EXPECT_EQ(one.mean_reward, other.mean_reward);
  }
  whole->save(folder_ / "whole.ckpt", "text");
  resumed->save(folder_ / "resumed.ckpt", "text");
  EXPECT_EQ(read_file(folder_ / "whole.ckpt"), read_file(folder_ / "resumed.ckpt"));
  EXPECT_NE(read_file(folder_ / "whole.ckpt"), read_file(folder_ / "half.ckpt"));
  EXPECT_EQ(read_checkpoint(folder_ / "half.ckpt").iteration, 9);
}

TEST_P(OffPolicy, FillsItsBufferAnewFromACheckpointWithoutIt) {
  PointMassEnv whole_env(kNumEnvs), env(kNumEnvs);
  const Toy whole_toy = GetParam();
  Toy toy = GetParam();
  toy.set("save_buffer", false);
  const auto small = learner_of(toy, whole_env);
  const auto resumed = learner_of(toy, env);
  for (int t = 0; t < 5; ++t) small->iterate();
  small->save(folder_ / "small.ckpt", "text");
  EXPECT_LT(read_file(folder_ / "small.ckpt").size(), 300000u);
  resumed->load(folder_ / "small.ckpt");
  EXPECT_EQ(resumed->iterate().at("train/kept_steps"), 8);
  EXPECT_EQ(resumed->env_steps(), 6 * 8 * kNumEnvs);
}

TEST_P(OffPolicy, GivesTheSameBitsOnAnyNumberOfThreads) {
  EXPECT_EQ(trained_bytes(1), trained_bytes(3));
}

TEST_P(OffPolicy, TreatsLeftAndRightAlikeWhereItIsToldTo) {
  Toy toy = GetParam();
  toy.set("symmetric", true);
  PointMassEnv env(kNumEnvs);
  EXPECT_THAT(error_of([&] { learner_of(toy, env); }),
              HasSubstr(toy.name() + ".symmetric = true, but left and right"));
  const auto learner = learner_of(toy, env, 1, PointMassEnv::mirrors());
  for (int t = 0; t < 5; ++t) learner->iterate();
  const PolicyNetwork policy = learner->policy();
  const std::vector<float> a = acted(policy, {0.3f, -0.7f, 0.2f, 0.9f});
  const std::vector<float> image = acted(policy, {-0.3f, -0.7f, -0.2f, 0.9f});
  EXPECT_NE(a[0], 0.0f);
  EXPECT_NEAR(image[0], -a[0], 1e-5);
  EXPECT_NEAR(image[1], a[1], 1e-5);
}

TEST_P(OffPolicy, TakesNetworksOfACheckpointAndRefusesAnotherMethods) {
  PointMassEnv env(kNumEnvs), other_env(kNumEnvs), third_env(kNumEnvs);
  const auto learner = learner_of(GetParam(), env);
  for (int t = 0; t < 3; ++t) learner->iterate();
  learner->save(folder_ / "own.ckpt", "text");
  const auto fresh = learner_of(GetParam(), other_env);
  EXPECT_NE(fresh->policy().layers[0].weights, learner->policy().layers[0].weights);
  fresh->load_networks(folder_ / "own.ckpt");
  EXPECT_EQ(fresh->policy().layers[0].weights, learner->policy().layers[0].weights);
  EXPECT_EQ(fresh->iteration(), 0);
  const auto foreign = learner_of(GetParam().method == &kSac ? td3_toy() : sac_toy(), third_env);
  EXPECT_THAT(error_of([&] { foreign->load(folder_ / "own.ckpt"); }),
              HasSubstr("own.ckpt holds networks of " + GetParam().name() + ", obs 4"));
}

TEST_P(OffPolicy, BlamesTheEnvironmentForWhatIsNotFinite) {
  PointMassEnv env(kNumEnvs);
  const auto learner = learner_of(GetParam(), env);
  env.reward_offset = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(error_of([&] { learner->iterate(); }),
              HasSubstr("the reward of environment 0 is not finite"));
}

TEST_P(OffPolicy, CountsItsBufferAmongWhatItTakes) {
  PointMassEnv env(kNumEnvs);
  Toy small = GetParam(), large = GetParam();
  small.set("buffer_steps", 100);
  large.set("buffer_steps", 1100);
  const std::size_t more = large.method->bytes(env.spec(), large.config, cpu_ops()) -
                           small.method->bytes(env.spec(), small.config, cpu_ops());
  // Observations twice (final ones), action, reward, two flags.
  const std::size_t observed = GetParam().method == &kDqn ? 4 : 4 + 5;
  EXPECT_EQ(more, std::size_t{1000} * kNumEnvs * 4 * (2 * observed + 2 + 3));
}

INSTANTIATE_TEST_SUITE_P(Methods, OffPolicy, ::testing::ValuesIn(toys()),
                         [](const auto& toy) { return toy.param.name(); });

TEST(Dqn, FindsTheValuesOfAChainThatValueIterationFinds) {
  ChainEnv env(16);
  DqnConfig config;
  config.replay = small_replay();
  config.replay.n_step = 1;
  config.replay.gamma = 0.9f;
  config.replay.updates_per_step = 4;
  config.replay.batch_size = 128;
  config.replay.tau = 0.1f;
  config.replay.normalise_obs = false;
  config.hidden = {};  // a table
  config.learning_rate = 0.01f;
  config.num_bins = 2;
  config.min_epsilon = config.max_epsilon = 1.0f;
  const Toy toy{&kDqn, {"dqn", config}};
  const auto learner = learner_of(toy, env);
  for (int t = 0; t < 120; ++t) learner->iterate();
  auto& method = dynamic_cast<OffPolicyLearner&>(*learner).method();
  const Dense& table = method.networks()[0].networks.network()[0];
  const auto best = ChainEnv::best_values(0.9);
  EXPECT_NEAR(best[4][1], 1.0, 1e-12);
  EXPECT_NEAR(best[0][1], std::pow(0.9, 4), 1e-12);
  for (int place = 0; place < ChainEnv::kPlaces; ++place)
    for (int right = 0; right < 2; ++right)
      EXPECT_NEAR(table.weight[place][right].item<double>() + table.bias[right].item<double>(),
                  best[static_cast<std::size_t>(place)][static_cast<std::size_t>(right)], 1e-3)
          << place << (right ? " right" : " left");
  for (int place = 0; place < ChainEnv::kPlaces; ++place) {
    std::vector<float> obs(ChainEnv::kPlaces, 0.0f);
    obs[static_cast<std::size_t>(place)] = 1.0f;
    EXPECT_NEAR(acted(learner->policy(), obs)[0], 1.0f, 1e-4) << place;
  }
}

// -4 (a - 0.3)^2 / alpha is a narrow Gaussian's logarithm of variance alpha / 8: the temperature at
// which its entropy is -1 nat follows, within what squeezing changes.
TEST(Sac, FindsTheTemperatureWhoseEntropyItAimsAt) {
  OneStepEnv env(32);
  SacConfig config;
  config.replay = small_replay();
  config.replay.n_step = 1;
  config.networks = kSmall;
  config.policy_delay = 1;
  config.target_entropy = -1.0f;
  config.init_temperature = 1.0f;
  config.temperature_learning_rate = 1e-2f;
  const Toy toy{&kSac, {"sac", config}};
  const auto learner = learner_of(toy, env);
  IterationReport report;
  double entropy = 0.0, temperature = 0.0;
  for (int t = 0; t < 200; ++t) {
    report = learner->iterate();
    if (t < 150) continue;
    entropy += report.at("train/entropy") / 50;
    temperature += report.at("train/temperature") / 50;
  }
  EXPECT_NEAR(entropy, -1.0, 0.1);
  // H = log(2 pi e sigma^2) / 2 = -1 at sigma = 0.0890, alpha = 8 sigma^2
  EXPECT_NEAR(temperature, 8 * 0.0890 * 0.0890, 0.02);
  EXPECT_NEAR(acted(learner->policy(), {1.0f})[0], 0.3f, 0.03f);
}

TEST(OffPolicyConfigs, AsTheyShipAreUsable) {
  for (const LearnerEntry* method : {&kDqn, &kDdpg, &kTd3, &kSac})
    EXPECT_THAT(method->config().problems(1024), IsEmpty()) << method->name;
}

TEST(OffPolicyConfigs, AreRefusedWithWhatFits) {
  EXPECT_THAT(problems(Td3Config{.replay = {.buffer_steps = 8, .warmup_steps = 8, .n_step = 9}}, 4),
              ElementsAre("td3.n_step = 9 is more than buffer_steps = 8, which keeps no return of "
                          "so many steps; try 8"));
  EXPECT_THAT(problems(SacConfig{.replay = {.buffer_steps = 16, .warmup_steps = 32}}, 4),
              ElementsAre("sac.warmup_steps = 32 is more than buffer_steps = 16, which never holds "
                          "so many; try 16"));
  EXPECT_THAT(problems(DdpgConfig{.replay = {.warmup_steps = 2, .n_step = 5}}, 4),
              ElementsAre("ddpg.warmup_steps = 2 is fewer than n_step = 5, of which there is no "
                          "return yet then; try 5"));
  DqnConfig one_bin, daring;
  one_bin.num_bins = 1;
  daring.min_epsilon = 0.5f;
  daring.max_epsilon = 0.25f;
  EXPECT_THAT(problems(one_bin, 4), ElementsAre(HasSubstr("dqn.num_bins = 1 is outside [2, 9]")));
  EXPECT_THAT(problems(daring, 4),
              ElementsAre("dqn.min_epsilon = 0.5 is above max_epsilon = 0.25"));
  EXPECT_THAT(problems(SacConfig{.init_std = 2.0f}, 4),
              ElementsAre(HasSubstr("sac.init_std = 2 is not between exp(min_log_std) = ")));
  EXPECT_THAT(problems(Td3Config{.networks = {.actor_hidden = {15}}}, 4),
              ElementsAre("td3.actor_hidden has a layer of 15 units; a symmetric network pairs "
                          "them, try 16"));
}

TEST(OffPolicyLearners, RefuseActionsWithoutBounds) {
  class Unbounded : public OneStepEnv {
   public:
    Unbounded() : OneStepEnv(2) {
      unbounded_ = OneStepEnv::spec();
      unbounded_.action_bounds = {-std::numeric_limits<float>::infinity(),
                                  std::numeric_limits<float>::infinity()};
    }
    const EnvSpec& spec() const override { return unbounded_; }

   private:
    EnvSpec unbounded_;
  };
  Unbounded env;
  EXPECT_THAT(error_of([&] { learner_of(td3_toy(), env); }),
              HasSubstr("td3 takes actions between bounds, these environments' are [-inf, inf]"));
}

}  // namespace
}  // namespace kennel::off_policy_learner_test
