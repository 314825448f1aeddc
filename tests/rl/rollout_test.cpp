// What the rollout stores against what the environment said, step by step.
#include "kennel/rl/rollout.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "tests/rl/point_mass_env.h"

namespace kennel {
namespace {

constexpr int kNumEnvs = 300;  // two slices when acting
constexpr int kNumSteps = 40;

/// Remembers everything it was told and wrote.
class RecordingEnv final : public PointMassEnv {
 public:
  using PointMassEnv::PointMassEnv;
  void reset() override {
    PointMassEnv::reset();
    obs.push_back(buffers().obs.clone());
  }
  void step(const torch::Tensor& action) override {
    PointMassEnv::step(action);
    obs.push_back(buffers().obs.clone());
    actions.push_back(action.clone());
    rewards.push_back(buffers().reward.clone());
    terminated.push_back(buffers().terminated.clone());
    truncated.push_back(buffers().truncated.clone());
    next_privileged.push_back(buffers().privileged_obs.clone());
    final_privileged.push_back(buffers().final_privileged_obs.clone());
  }
  std::vector<torch::Tensor> obs, actions, rewards, terminated, truncated, next_privileged,
      final_privileged;
};

struct Scene {
  RolloutConfig config;
  RecordingEnv env{kNumEnvs};
  WorkerPool pool{2};
  StepCounter steps{torch::kCPU};
  std::unique_ptr<PhaseTimer> timer = make_phase_timer(torch::kCPU);
  Normaliser obs_normaliser{4, true, nullptr, torch::kCPU, cpu_ops()};
  Normaliser privileged_normaliser{5, true, nullptr, torch::kCPU, cpu_ops()};
  std::unique_ptr<ActorCritic> networks;
  std::unique_ptr<Rollout> rollout;

  explicit Scene(const LearnerOps& ops = cpu_ops()) {
    config.num_steps = kNumSteps;
    NetworkConfig layers;
    layers.actor_hidden = layers.critic_hidden = {16};
    networks = std::make_unique<ActorCritic>(env.spec(), layers, nullptr, 1, torch::kCPU, ops);
    torch::manual_seed(1);
    networks->parameters().normal_(0, 0.15);
    networks->refresh();
    obs_normaliser.update(pool, torch::randn({600, 4}) * 2 + 0.3);
    privileged_normaliser.update(pool, torch::randn({600, 5}) * 2 - 0.3);
    rollout = std::make_unique<Rollout>(env.spec(), config, pool, torch::kCPU, ops);
    rollout->reset(env);
  }
  void collect() {
    rollout->collect(env, *networks, obs_normaliser, /*noise_key=*/1, steps, *timer);
    steps.advance(kNumSteps);
    rollout->estimate(*networks, privileged_normaliser);
  }
  torch::Tensor run(const std::vector<Dense>& layers, const Normaliser& normaliser,
                    const torch::Tensor& x) const {
    torch::Tensor y = torch::empty_like(x);
    normaliser.apply(x, y);
    for (const Dense& layer : layers) {
      y = y.matmul(layer.weight) + layer.bias;
      if (layer.activation == Activation::kRelu) y = torch::relu(y);
      if (layer.activation == Activation::kTanh) y = torch::tanh(y);
    }
    return y;
  }
  torch::Tensor value(const torch::Tensor& privileged_obs) const {
    return run(networks->critic(), privileged_normaliser, privileged_obs).squeeze(1);
  }
};

TEST(Rollout, TheSimulatorWritesStraightIntoTheBatch) {
  Scene scene;
  scene.collect();
  const RolloutBatch batch = scene.rollout->batch();
  EXPECT_EQ(scene.env.buffers().reward.data_ptr(),
            scene.rollout->reward()[kNumSteps - 1].data_ptr());
  scene.env.obs.pop_back();  // what follows the last action is no part of the batch
  EXPECT_TRUE(torch::equal(scene.rollout->obs(), torch::cat(scene.env.obs)));
  EXPECT_TRUE(torch::equal(batch.samples.action, torch::cat(scene.env.actions)));
  EXPECT_TRUE(torch::equal(scene.rollout->reward(), torch::stack(scene.env.rewards)));
}

TEST(Rollout, KeepsWhatTheNetworksReadWhereTheUpdateDoesNotScaleIt) {
  Scene scene;
  scene.collect();
  const RolloutBatch batch = scene.rollout->batch();
  EXPECT_TRUE(batch.scaled);
  torch::Tensor obs = torch::empty_like(batch.obs);
  scene.obs_normaliser.apply(scene.rollout->obs(), obs);
  EXPECT_TRUE(torch::equal(batch.obs, obs));
  torch::Tensor privileged_obs = torch::empty_like(batch.privileged_obs);
  scene.privileged_normaliser.apply(scene.rollout->privileged_obs(), privileged_obs);
  EXPECT_TRUE(torch::equal(batch.privileged_obs, privileged_obs));

  Scene unscaled(torch_ops());
  unscaled.collect();
  EXPECT_FALSE(unscaled.rollout->batch().scaled);
  EXPECT_TRUE(torch::equal(unscaled.rollout->batch().obs, unscaled.rollout->obs()));
}

TEST(Rollout, GoesOnWhereTheOneBeforeEnded) {
  Scene scene;
  scene.collect();
  const torch::Tensor last = scene.rollout->last_obs().clone();
  scene.collect();
  EXPECT_TRUE(torch::equal(scene.env.obs[kNumSteps], last));
  EXPECT_TRUE(torch::equal(scene.rollout->obs().narrow(0, 0, kNumEnvs), last));
}

TEST(Rollout, ActionsAreNormalAroundTheMeanWithTheLogProbTheyHave) {
  Scene scene;
  scene.collect();
  const RolloutBatch batch = scene.rollout->batch();
  const torch::Tensor mean =
      scene.run(scene.networks->actor(), scene.obs_normaliser, scene.rollout->obs());
  const torch::Tensor log_std = scene.networks->log_std();
  const torch::Tensor z = (batch.samples.action - mean) / log_std.exp();
  EXPECT_NEAR(z.mean().item<float>(), 0.0, 0.02);
  EXPECT_NEAR(z.std().item<float>(), 1.0, 0.02);
  const torch::Tensor log_prob =
      (-0.5 * z * z).sum(1) - log_std.sum() - std::log(2 * std::numbers::pi);
  EXPECT_TRUE(torch::allclose(batch.samples.log_prob, log_prob, 1e-3, 1e-4));
}

class RolloutReturns : public testing::TestWithParam<const LearnerOps& (*)()> {};

TEST_P(RolloutReturns, BootstrapTimeOutsFromTheirOwnLastStateAndFallsFromNothing) {
  Scene scene(GetParam()());
  scene.collect();
  scene.collect();  // episodes have 60 steps, so some end by the clock in the second rollout
  const RolloutBatch batch = scene.rollout->batch();
  const torch::Tensor returns = batch.samples.returns.view({kNumSteps, kNumEnvs});
  const torch::Tensor value = batch.samples.value.view({kNumSteps, kNumEnvs});
  const auto at = [](const std::vector<torch::Tensor>& list, int step) {
    return list[static_cast<std::size_t>(kNumSteps + step)];
  };
  int truncations = 0, terminations = 0;
  std::vector<float> next_advantage(kNumEnvs, 0.0f);
  for (int step = kNumSteps - 1; step >= 0; --step) {
    const torch::Tensor next = scene.value(at(scene.env.next_privileged, step));
    const torch::Tensor last = scene.value(at(scene.env.final_privileged, step));
    for (int env = 0; env < kNumEnvs; ++env) {
      const bool terminated = at(scene.env.terminated, step)[env].item<float>() > 0;
      const bool truncated = at(scene.env.truncated, step)[env].item<float>() > 0;
      truncations += truncated;
      terminations += terminated;
      const float bootstrap = terminated  ? 0.0f
                              : truncated ? last[env].item<float>()
                                          : next[env].item<float>();
      const float v = value[step][env].item<float>();
      const float delta =
          at(scene.env.rewards, step)[env].item<float>() + scene.config.gamma * bootstrap - v;
      float& advantage = next_advantage[static_cast<std::size_t>(env)];
      advantage = delta + (terminated || truncated
                               ? 0.0f
                               : scene.config.gamma * scene.config.gae_lambda * advantage);
      ASSERT_NEAR(returns[step][env].item<float>(), advantage + v, 2e-4) << step << " " << env;
    }
  }
  EXPECT_GT(truncations, 10);
  EXPECT_GT(terminations, 10);
}

INSTANTIATE_TEST_SUITE_P(Ops, RolloutReturns, testing::Values(&cpu_ops, &torch_ops));

TEST(Rollout, AdvantagesHaveZeroMeanAndUnitVariance) {
  Scene scene;
  scene.collect();
  const torch::Tensor advantage = scene.rollout->batch().samples.advantage;
  EXPECT_NEAR(advantage.mean().item<float>(), 0.0, 1e-5);
  EXPECT_NEAR(advantage.std().item<float>(), 1.0, 1e-4);
}

}  // namespace
}  // namespace kennel
