// The update's gradient against autograd on the whole loss, and what its steps do.
#include "src/learners/ppo/ppo_update.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "tests/rl/point_mass_env.h"

namespace kennel::ppo_update_test {
namespace {

constexpr std::int64_t kRows = 1300;  // slices of 512, 512 and 276 rows

enum class Width { kNarrow, kWide };  // wide enough for products of bfloat16 factors

PpoConfig test_config(bool symmetric, Width width) {
  PpoConfig config;
  config.network.symmetric = symmetric;
  config.network.actor_hidden = {16, 12};
  config.network.critic_hidden = {14};
  if (width == Width::kWide) config.network.actor_hidden = config.network.critic_hidden = {96, 96};
  config.entropy_coef = 0.02f;
  config.value_loss_coef = 0.7f;
  config.num_minibatches = 2;
  return config;
}

/// Networks, statistics and a random batch.
struct Scene {
  PpoConfig config;
  Mirrors mirrors = PointMassEnv::mirrors();
  WorkerPool pool;
  StepCounter steps{torch::kCPU};
  ActorCritic networks;
  Normaliser obs_normaliser{4, true, nullptr, torch::kCPU, cpu_ops()};
  Normaliser privileged_normaliser{5, true, nullptr, torch::kCPU, cpu_ops()};
  torch::Tensor obs, privileged_obs;  // scaled
  RolloutBatch batch;

  Scene(bool symmetric, int num_threads, const LearnerOps& ops = cpu_ops(),
        Width width = Width::kNarrow)
      : config(test_config(symmetric, width)),
        pool(num_threads),
        networks({1, 4, 5, 2, 0.1}, config.network, &mirrors, 1, torch::kCPU, ops) {
    torch::manual_seed(5);
    networks.parameters().normal_(0, 0.4);
    networks.refresh();
    batch.obs = torch::randn({kRows, 4}) * 2 + 1;
    batch.privileged_obs = torch::randn({kRows, 5}) - 3;
    obs_normaliser.update(pool, batch.obs);
    privileged_normaliser.update(pool, batch.privileged_obs);
    obs = torch::empty_like(batch.obs);
    privileged_obs = torch::empty_like(batch.privileged_obs);
    obs_normaliser.apply(batch.obs, obs);
    privileged_normaliser.apply(batch.privileged_obs, privileged_obs);
    if (!ops.gathers_epochs) {  // the batch has observations as the networks read them
      torch::Tensor read = torch::empty_like(obs),
                    privileged_read = torch::empty_like(privileged_obs);
      obs_normaliser.apply(batch.obs, read, networks.actor_input());
      privileged_normaliser.apply(batch.privileged_obs, privileged_read, networks.critic_input());
      batch.obs = read;
      batch.privileged_obs = privileged_read;
      batch.scaled = true;
    }
    batch.samples = {torch::randn({kRows, 2}), torch::randn({kRows}) * 0.3 - 3,
                     torch::randn({kRows}), torch::randn({kRows}), torch::randn({kRows}) * 0.5};
  }

  torch::Tensor run(const std::vector<Dense>& layers, const torch::Tensor& x) const {
    torch::Tensor y = x;
    for (const Dense& layer : layers) {
      y = y.matmul(layer.weight) + layer.bias;
      if (layer.activation == Activation::kRelu) y = torch::relu(y);
      if (layer.activation == Activation::kTanh) y = torch::tanh(y);
    }
    return y;
  }

  // The same networks as dense layers.
  ActorCritic dense() const {
    ActorCritic out({1, 4, 5, 2, 0.1}, config.network, &mirrors, 1, torch::kCPU, torch_ops());
    out.parameters().copy_(networks.parameters());
    out.refresh();
    return out;
  }

  // The loss as in the paper, from the weights of `layers`, dense ones.
  torch::Tensor loss(const ActorCritic& layers, const torch::Tensor& weights) const {
    const ActorCritic::Views view = layers.views(weights);
    const Samples& s = batch.samples;
    const torch::Tensor z = (s.action - run(view.actor, obs)) / view.log_std.exp();
    const torch::Tensor log_prob =
        (-0.5 * z * z).sum(1) - view.log_std.sum() - std::log(2 * std::numbers::pi);
    const torch::Tensor ratio = (log_prob - s.log_prob).exp();
    const torch::Tensor value = run(view.critic, privileged_obs).squeeze(1);
    const torch::Tensor clipped = s.value + (value - s.value).clamp(-0.2, 0.2);
    return -torch::min(ratio * s.advantage, ratio.clamp(0.8, 1.2) * s.advantage).mean() +
           0.7 * torch::max((value - s.returns).pow(2), (clipped - s.returns).pow(2)).mean() -
           0.02 * view.log_std.sum();
  }
};

// The rows of a minibatch in three slices, as a batch that does not fit a GPU at once is cut.
const LearnerOps& sliced_torch_ops() {
  static const LearnerOps kOps = [] {
    LearnerOps ops = torch_ops();
    ops.rows_a_slice.update = 500;
    return ops;
  }();
  return kOps;
}

class UpdateGradient : public testing::TestWithParam<std::tuple<bool, const LearnerOps& (*)()>> {};

TEST_P(UpdateGradient, IsThatOfAutogradOnTheWholeLoss) {
  const auto& [symmetric, ops] = GetParam();
  Scene scene(symmetric, ops().threads ? 2 : 1, ops());
  PpoUpdate update(scene.networks, scene.obs_normaliser, scene.privileged_normaliser, scene.config,
                   scene.pool, ops());
  const torch::Tensor gradient = update.gradient(scene.batch, torch::randperm(kRows));

  const ActorCritic dense_networks = scene.dense();
  torch::Tensor dense = torch::empty({dense_networks.num_weights()});
  std::int64_t offset = 0;
  for (const std::vector<Dense>* layers : {&dense_networks.actor(), &dense_networks.critic()}) {
    for (const Dense& layer : *layers) {
      for (const torch::Tensor& part : {layer.weight.flatten(), layer.bias}) {
        dense.narrow(0, offset, part.numel()).copy_(part);
        offset += part.numel();
      }
    }
  }
  dense.narrow(0, offset, 2).copy_(scene.networks.log_std());
  dense.requires_grad_();
  scene.loss(dense_networks, dense).backward();
  torch::Tensor expected = torch::empty_like(dense_networks.parameters());
  dense_networks.reduce_gradient(dense.grad(), expected);
  torch::Tensor free = torch::full_like(expected, NAN);
  scene.networks.reduce_gradient(gradient, free);
  EXPECT_LT((free - expected).norm().item<double>(), 1e-5 * expected.norm().item<double>());
  EXPECT_TRUE(torch::allclose(free, expected, 1e-3, 1e-5 * expected.abs().max().item<double>()));
}

INSTANTIATE_TEST_SUITE_P(Symmetric, UpdateGradient,
                         testing::Combine(testing::Bool(), testing::Values(&cpu_ops, &torch_ops,
                                                                           &sliced_torch_ops)));

TEST(PpoUpdate, GivesTheSameBitsOnOneThreadAndOnThree) {
  torch::Tensor parameters[2];
  for (const int run : {0, 1}) {
    Scene scene(true, run == 0 ? 1 : 3);
    PpoUpdate update(scene.networks, scene.obs_normaliser, scene.privileged_normaliser,
                     scene.config, scene.pool, cpu_ops());
    update.run(scene.batch, 42, scene.steps);
    parameters[run] = scene.networks.parameters().clone();
  }
  EXPECT_TRUE(torch::equal(parameters[0], parameters[1]));
}

TEST(PpoUpdate, InBf16HasTheGradientOfFp32ButForRoundings) {
  if (bf16_products() == nullptr) GTEST_SKIP() << "this processor has no AVX512_BF16";
  for (const bool symmetric : {false, true}) {
    Scene scene(symmetric, 1, cpu_ops(), Width::kWide);
    scene.networks.parameters().mul_(0.25);
    scene.networks.refresh();
    PpoUpdate update(scene.networks, scene.obs_normaliser, scene.privileged_normaliser,
                     scene.config, scene.pool, cpu_ops());
    const torch::Tensor order = torch::randperm(kRows);
    const torch::Tensor fp32 = update.gradient(scene.batch, order).clone();
    scene.networks.multiply_in(
        {.critic_forward = ProductPrecision::kBf16, .backward = ProductPrecision::kBf16});
    const torch::Tensor bf16 = update.gradient(scene.batch, order);
    const double error = (bf16 - fp32).norm().item<double>() / fp32.norm().item<double>();
    EXPECT_GT(error, 1e-5) << symmetric;
    EXPECT_LT(error, 1e-2) << symmetric;
    const double projected =
        (bf16 * fp32).sum().item<double>() / (fp32 * fp32).sum().item<double>();
    EXPECT_NEAR(projected, 1.0, 1e-3) << symmetric;
  }
}

TEST(PpoUpdate, AnnealsTheEntropyBonusAndTheDesiredKl) {
  Scene scene(false, 1);
  scene.config.anneal_from = 0.6f;
  scene.config.final_entropy_coef = 0.004f;
  scene.config.final_desired_kl = 1e-6f;
  PpoUpdate update(scene.networks, scene.obs_normaliser, scene.privileged_normaliser, scene.config,
                   scene.pool, cpu_ops());
  const auto log_std_gradient = [&](double progress) {
    update.set_progress(progress);
    return update.gradient(scene.batch, torch::arange(kRows))[-1].item<float>();
  };
  const float early = log_std_gradient(0.0);
  EXPECT_EQ(log_std_gradient(0.59), early);
  EXPECT_NEAR(log_std_gradient(0.8), early + 0.008, 1e-6);  // 0.02, 0.012, 0.004
  EXPECT_NEAR(log_std_gradient(1.0), early + 0.016, 1e-6);
  EXPECT_NEAR(log_std_gradient(1.5), early + 0.016, 1e-6);
  update.run(scene.batch, 42, scene.steps);  // any KL is too far now
  EXPECT_LT(update.optimiser().learning_rate().item<float>(), scene.config.learning_rate);
}

TEST(PpoUpdate, LowersItsLoss) {
  Scene scene(false, 1);
  PpoUpdate update(scene.networks, scene.obs_normaliser, scene.privileged_normaliser, scene.config,
                   scene.pool, cpu_ops());
  const auto loss = [&] {
    return scene.loss(scene.networks, scene.networks.parameters()).item<float>();
  };
  const float before = loss();
  update.run(scene.batch, 42, scene.steps);
  EXPECT_LT(loss(), before);
}

TEST(PpoUpdate, SkipsAGradientThatIsNotFiniteAndCountsIt) {
  Scene scene(false, 1);
  PpoUpdate update(scene.networks, scene.obs_normaliser, scene.privileged_normaliser, scene.config,
                   scene.pool, cpu_ops());
  scene.batch.samples.advantage.fill_(NAN);
  const torch::Tensor before = scene.networks.parameters().clone();
  update.run(scene.batch, 42, scene.steps);
  EXPECT_TRUE(torch::equal(scene.networks.parameters(), before));
  EXPECT_EQ(update.optimiser().skipped().item<float>(), 3 * 2);
}

TEST(PpoUpdate, LowersTheLearningRateWhenThePolicyRunsAwayAndNeverBelowTheFloor) {
  Scene scene(false, 1);
  scene.config.learning_rate = 0.01f;
  scene.config.min_learning_rate = 0.004f;
  PpoUpdate update(scene.networks, scene.obs_normaliser, scene.privileged_normaliser, scene.config,
                   scene.pool, cpu_ops());
  scene.batch.samples.log_prob.sub_(2);  // a KL far above desired_kl
  update.run(scene.batch, 42, scene.steps);
  EXPECT_FLOAT_EQ(update.optimiser().learning_rate().item<float>(), 0.004f);
}

TEST(PpoUpdate, KeepsTheLearningRateWhenTheScheduleIsFixed) {
  Scene scene(false, 1);
  scene.config.lr_schedule = "fixed";
  PpoUpdate update(scene.networks, scene.obs_normaliser, scene.privileged_normaliser, scene.config,
                   scene.pool, cpu_ops());
  update.run(scene.batch, 42, scene.steps);
  EXPECT_FLOAT_EQ(update.optimiser().learning_rate().item<float>(), scene.config.learning_rate);
}

}  // namespace
}  // namespace kennel::ppo_update_test
