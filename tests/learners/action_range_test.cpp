// The off-policy methods on a part of the range of actions: what is tried and what is deployed
// stays within it.
#include <gmock/gmock.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "kennel/learners/learners.h"
#include "kennel/rl/collective.h"
#include "src/learners/off_policy/off_policy_entry.h"
#include "tests/io/temp_folder.h"
#include "tests/learners/tiny_env.h"

namespace kennel::action_range_test {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr int kNumEnvs = 64;

/// One step; the reward is the action, of bounds [-2, 6]. Remembers how far actions reach.
class ReachEnv : public TinyEnv {
 public:
  explicit ReachEnv(int num_envs) : TinyEnv(num_envs, 1, 1, {-2.0f, 6.0f}) {}
  float low = std::numeric_limits<float>::infinity(), high = -low;

 protected:
  void begin(int) override {}
  TinyStep advance(int, const float* a) override {
    low = std::min(low, a[0]);
    high = std::max(high, a[0]);
    return {.reward = a[0], .terminated = true};
  }
  void observe(int, float* obs) const override { obs[0] = 1.0f; }
};

/// A method's section with small networks and a quick start.
ConfigBlock config_of(const LearnerEntry& method, float action_range) {
  ConfigBlock config = method.config();
  const auto set = [&](const std::string& key, auto value) {
    for (const AnyField& field : config.fields())
      if (field.name == key) *std::get<decltype(value)*>(field.value) = value;
  };
  set("num_steps", 8);
  set("warmup_steps", 8);
  set("batch_size", 256);
  set("n_step", 1);
  set("symmetric", false);
  set("action_range", action_range);
  for (const char* key : {"hidden", "actor_hidden", "critic_hidden"})
    set(key, std::vector<int>{32, 32});
  return config;
}

std::unique_ptr<Learner> learner_of(const LearnerEntry& method, const ConfigBlock& config,
                                    VecEnv& env) {
  return method.make({.env = env,
                      .config = config,
                      .seed = 3,
                      .mirrors = {},
                      .num_threads = 1,
                      .ops = cpu_ops(),
                      .all = alone()});
}

class ActionRange : public ::testing::TestWithParam<const LearnerEntry*> {};

// A quarter of [-2, 6] about its middle is [1, 3].
TEST_P(ActionRange, IsWhereActionsAreTriedAndDeployed) {
  const ConfigBlock config = config_of(*GetParam(), 0.25f);
  ReachEnv env(kNumEnvs);
  const auto learner = learner_of(*GetParam(), config, env);
  learner->iterate();  // any action is as likely
  EXPECT_LT(env.low, 1.1f);
  EXPECT_GT(env.high, 2.9f);
  for (int t = 0; t < 300; ++t) learner->iterate();
  EXPECT_GE(env.low, 1.0f);
  EXPECT_LE(env.high, 3.0f);
  const PolicyNetwork policy = learner->policy();
  const float best = forward(policy, std::vector<float>{1.0f})[0];
  EXPECT_GT(best, 2.5f);
  EXPECT_LE(best, 3.0f + 1e-5f);
  EXPECT_THAT(GetParam()->policy_layers(config, 1, 1).layers, SizeIs(policy.layers.size()));
}

TEST_P(ActionRange, IsWhatTheCheckpointsNetworksAreMadeFor) {
  ReachEnv env(kNumEnvs), other_env(kNumEnvs);
  const TempFolder folder;
  const auto learner = learner_of(*GetParam(), config_of(*GetParam(), 0.25f), env);
  learner->save(folder / "part.ckpt", "text");
  const auto whole = learner_of(*GetParam(), config_of(*GetParam(), 1.0f), other_env);
  EXPECT_THAT(error_of([&] { whole->load_networks(folder / "part.ckpt"); }),
              HasSubstr("actions over 0.25"));
}

INSTANTIATE_TEST_SUITE_P(Methods, ActionRange, ::testing::Values(&kDqn, &kDdpg, &kTd3, &kSac),
                         [](const auto& method) { return std::string(method.param->name); });

}  // namespace
}  // namespace kennel::action_range_test
