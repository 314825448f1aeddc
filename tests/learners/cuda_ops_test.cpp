// The CUDA backend's column of operations, its kernels run on the host (tests/simt), against torch.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kennel/learners/ppo_ops.h"
#include "kennel/rl/actor_critic.h"
#include "kennel/rl/adam.h"
#include "kennel/rl/cuda_entry.h"
#include "kennel/rl/fused_ops.h"
#include "kennel/rl/normaliser.h"
#include "src/learners/ppo/ppo_losses.h"

namespace kennel::cuda_ops_test {
namespace {

constexpr std::uint64_t kKey = 0x1234567890abcdef;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

const LearnerOps& cuda() { return *kennel_cuda_learner_ops(); }
const FusedOps& fused() { return *cuda().fused; }

torch::Tensor unset(at::IntArrayRef shape) { return torch::full(shape, kNan); }

void expect_close(const torch::Tensor& a, const torch::Tensor& b, double relative = 1e-5,
                  double absolute = 1e-6) {
  EXPECT_TRUE(torch::allclose(a, b, relative, absolute, /*equal_nan=*/true))
      << "largest difference " << (a - b).abs().max().item<double>();
}

Scaling some_scaling(std::int64_t n) {
  const torch::Tensor mean = torch::randn({n}), inv_std = torch::rand({n}) + 0.5;
  return {mean, inv_std, -mean * inv_std};
}

StepCounter after(std::int64_t steps) {
  StepCounter counter(torch::kCPU);
  counter.set(steps);
  return counter;
}

TEST(CudaOps, NoiseAndOrdersHaveTheBitsOfTheHost) {
  WorkerPool pool(1);
  for (const std::int64_t steps : {std::int64_t{0}, (std::int64_t{1} << 32) - 2}) {
    const StepCounter at = after(steps);
    const torch::Tensor noise = unset({3, 37, 5}), expected = unset({3, 37, 5});
    cuda().draw_noise(pool, kKey, 11, at, noise);
    cpu_ops().draw_noise(pool, kKey, 11, at, expected);
    EXPECT_TRUE(torch::equal(noise, expected));
    const auto options = torch::TensorOptions().dtype(torch::kInt64);
    const torch::Tensor order = torch::empty({1031}, options), same = torch::empty_like(order);
    // 1031 rows as one, and 7 steps of 3 shards, the last smaller, in minibatches that do not
    // divide.
    for (const EpochOrder& of : {one_shard(1031), epoch_order(7, 147, 4, 64, 5)}) {
      cuda().shuffle(kKey, at, 2, of, order.narrow(0, 0, of.rows));
      cpu_ops().shuffle(kKey, at, 2, of, same.narrow(0, 0, of.rows));
      EXPECT_TRUE(torch::equal(order.narrow(0, 0, of.rows), same.narrow(0, 0, of.rows)));
    }
  }
}

TEST(CudaOps, RowsAreGatheredAndScaledInFloatAndBFloat16) {
  torch::manual_seed(1);
  const Scaling scaling = some_scaling(39);
  const torch::Tensor index = torch::randint(90, {101}, torch::kInt64);
  for (const torch::ScalarType type : {torch::kFloat32, torch::kBFloat16}) {
    const torch::Tensor x = torch::randn({90, 39}).to(type);
    torch::Tensor out = unset({101, 39});
    cuda().gather(x, index, &scaling, out);
    expect_close(out,
                 (x.to(torch::kFloat32).index_select(0, index) - scaling.mean) * scaling.inv_std);
  }
}

TEST(CudaOps, LayersGoForwardAndBackwardAsInTorch) {
  torch::manual_seed(2);
  for (const Activation activation :
       {Activation::kLinear, Activation::kRelu, Activation::kElu, Activation::kTanh}) {
    const Dense layer{torch::randn({7, 45}), torch::randn({45}), activation, {}, {}};
    const torch::Tensor x = torch::randn({300, 7});
    torch::Tensor y[2], grad[2], bias_grad[2];
    for (const int k : {0, 1}) {
      const LearnerOps& ops = k == 0 ? torch_ops() : cuda();
      y[k] = unset({300, 45});
      ops.dense_forward(layer, x, y[k]);
      torch::manual_seed(3);
      grad[k] = torch::randn({300, 45});
      bias_grad[k] = unset({45});
      ops.activation_backward(layer, y[0], grad[k], bias_grad[k]);
    }
    expect_close(y[0], y[1]);
    expect_close(grad[0], grad[1]);
    expect_close(bias_grad[0], bias_grad[1], 1e-4, 1e-4);
  }
}

TEST(CudaOps, ActionsAreMeanAndNoiseWithTheirDensity) {
  torch::manual_seed(4);
  WorkerPool pool(1);
  const StepCounter at = after(100);
  const torch::Tensor mean = torch::randn({131, 12}), log_std = torch::randn({12}) * 0.3;
  const torch::Tensor noise = unset({3, 131, 12});
  cpu_ops().draw_noise(pool, kKey, 5, at, noise);
  const torch::Tensor action = unset({131, 12}), log_prob = unset({131});
  fused().sample({kKey, 5, at, 2}, mean, log_std, action, log_prob);
  expect_close(action, mean + noise[2] * log_std.exp());
  expect_close(log_prob,
               -0.5 * (noise[2] * noise[2]).sum(1) - log_std.sum() - 6 * std::log(2 * M_PI));
}

TEST(CudaOps, AnEpochIsGatheredInTheHostsOrder) {
  torch::manual_seed(5);
  constexpr std::int64_t kRows = 517;
  const auto samples = [](auto make) {
    return Samples{make({kRows, 12}), make({kRows}), make({kRows}), make({kRows}), make({kRows})};
  };
  const auto random = [](at::IntArrayRef shape) { return torch::randn(shape); };
  const RolloutBatch batch{torch::randn({kRows, 36}).to(torch::kBFloat16),
                           torch::randn({kRows, 87}), samples(random)};
  const RolloutBatch out{unset({kRows, 36}), unset({kRows, 87}), samples(unset)};
  const Scaling obs = some_scaling(36), privileged = some_scaling(87);
  const StepCounter at = after(24);
  const EpochOrder of = epoch_order(11, 47, 3, 16, 2);
  fused().gather_epoch(batch, obs, privileged, kKey, at, 1, of, out);
  const torch::Tensor order = torch::empty({kRows}, torch::kInt64);
  cpu_ops().shuffle(kKey, at, 1, of, order);
  torch::Tensor expected = unset({kRows, 36});
  torch_ops().gather(batch.obs, order, &obs, expected);
  expect_close(out.obs, expected);
  expected = unset({kRows, 87});
  torch_ops().gather(batch.privileged_obs, order, &privileged, expected);
  expect_close(out.privileged_obs, expected);
  const Samples in_order = batch.samples.at(order);
  EXPECT_TRUE(torch::equal(out.samples.action, in_order.action));
  EXPECT_TRUE(torch::equal(out.samples.log_prob, in_order.log_prob));
  EXPECT_TRUE(torch::equal(out.samples.advantage, in_order.advantage));
  EXPECT_TRUE(torch::equal(out.samples.returns, in_order.returns));
  EXPECT_TRUE(torch::equal(out.samples.value, in_order.value));
}

/// Samples with ratios around 1, some inside the clip and some outside.
struct LossScene {
  static constexpr std::int64_t kSamples = 400, kRows = 331, kActions = 12;
  Samples all;
  torch::Tensor index, mean, log_std, value;

  LossScene() {
    torch::manual_seed(6);
    log_std = torch::randn({kActions}) * 0.2;
    mean = torch::randn({kRows, kActions}) * 0.3;
    value = torch::randn({kRows, 1}) * 0.4;
    all = {torch::randn({kSamples, kActions}), torch::randn({kSamples}), torch::randn({kSamples}),
           torch::randn({kSamples}), torch::randn({kSamples}) * 0.4};
    index = torch::randperm(kSamples).narrow(0, 0, kRows).contiguous();
    const torch::Tensor z = (all.action.index_select(0, index) - mean) / log_std.exp();
    all.log_prob.index_copy_(0, index,
                             (-0.5 * z * z).sum(1) - log_std.sum() - kActions * 0.91893853 +
                                 torch::randn({kRows}) * 0.4);
  }
  LossSlice slice() const {
    return {
        mean,      log_std, value, unset({kRows, kActions}), unset({kActions}), unset({kRows, 1}),
        unset({4})};
  }
};

TEST(CudaOps, LossesAndTheirGradientsAreThoseOfTorch) {
  const LossScene scene;
  for (const bool clip : {true, false}) {
    const LossRule rule{0.2, clip, 0.01, 0.02};
    LossSlice slow = scene.slice(), fast = scene.slice(), direct = scene.slice();
    torch_losses(scene.all, scene.index, rule, slow);
    losses_for(cuda())(scene.all, scene.index, rule, fast);
    losses_for(cuda())(scene.all.at(scene.index), {}, rule, direct);
    EXPECT_GT(slow.sums[3].item<float>(), 20);
    EXPECT_LT(slow.sums[3].item<float>(), 310);
    for (const LossSlice& slice : {fast, direct}) {
      expect_close(slow.sums, slice.sums, 1e-5, 1e-3);
      expect_close(slow.grad_mean, slice.grad_mean, 1e-4, 1e-7);
      expect_close(slow.grad_log_std, slice.grad_log_std, 1e-4, 1e-5);
      expect_close(slow.grad_value, slice.grad_value, 1e-5, 1e-8);
    }
  }
}

TEST(CudaOps, LossesLetNanThroughIntoTheGradient) {
  LossScene scene;
  scene.all.advantage.fill_(kNan);
  scene.all.returns.fill_(kNan);
  LossSlice slice = scene.slice();
  slice.grad_mean.zero_();
  slice.grad_value.zero_();
  losses_for(cuda())(scene.all, scene.index, {0.2, true, 0.01, 0.02}, slice);
  EXPECT_TRUE(slice.grad_mean.isnan().all().item<bool>());
  EXPECT_TRUE(slice.grad_value.isnan().all().item<bool>());
}

TEST(CudaOps, AdvantagesAreThoseOfTorchWhateverFollowsATerminatedStep) {
  torch::manual_seed(7);
  const auto flags = [] { return (torch::rand({9, 300}) < 0.1).to(torch::kFloat32); };
  AdvantageInput in{torch::randn({9, 300}), torch::randn({9, 300}) + 3, torch::randn({9, 300}) + 3,
                    flags(), flags()};
  in.next_value.masked_fill_(in.terminated > 0, kNan);
  torch::Tensor expected = gae(in, 0.98, 0.95);
  const torch::Tensor returns = expected + in.value;
  const torch::Tensor advantage = unset({9, 300}), out = unset({9, 300});
  fused().advantages(in, 0.98, 0.95, false, advantage, out);
  expect_close(advantage, expected, 1e-5, 1e-5);
  expect_close(out, returns, 1e-5, 1e-5);
  normalise_advantages(expected, 9 * 300, alone());
  fused().advantages(in, 0.98, 0.95, true, advantage, out);
  expect_close(advantage, expected, 1e-5, 1e-5);
}

NetworkConfig small_networks(bool symmetric) {
  NetworkConfig config;
  config.symmetric = symmetric;
  config.actor_hidden = {16, 6};
  config.critic_hidden = {10};
  return config;
}

/// A policy with its optimiser, and a gradient in two slices.
struct Training {
  static constexpr std::int64_t kSlices = 19;
  Mirrors mirrors{swap_mirror(6), identity_mirror(5), swap_mirror(4)};
  ActorCritic networks;
  Adam adam;
  torch::Tensor slices, losses, entropy_coef = torch::full({}, 0.03);

  explicit Training(bool symmetric)
      : networks({1, 6, 5, 4, 0.1}, small_networks(symmetric), &mirrors, 1, torch::kCPU,
                 torch_ops()),
        adam(networks.parameters().size(0), 1e-2, torch::kCPU) {
    torch::manual_seed(8);
    slices = torch::randn({kSlices, networks.num_dense()});
    losses = torch::randn({kSlices, 4});
  }

  torch::Tensor dense_gradient() const {
    torch::Tensor sum = slices.sum(0);
    const std::int64_t n = networks.log_std().size(0);
    sum.narrow(0, sum.size(0) - n, n).sub_(entropy_coef, 0.5);
    return sum;
  }

  OptimiserStep step(const torch::Tensor& gradient, const torch::Tensor& grad_norm) {
    return {.tying = networks.tying().map(),
            .gradient = gradient,
            .parameters = networks.parameters(),
            .first_moment = adam.first_moment(),
            .second_moment = adam.second_moment(),
            .learning_rate = adam.learning_rate(),
            .counts = adam.counts(),
            .arrivals = adam.arrivals(),
            .max_grad_norm = 1.5,
            .grad_norm = grad_norm,
            .kl = {},
            .kl_too_small = torch::full({}, 0.1),
            .kl_too_large = torch::full({}, 0.3),
            .rate_factor = 1.5,
            .min_rate = 8e-3,
            .max_rate = 1.2e-2,
            .free_log_std_at = networks.parameters().size(0) - networks.num_free_log_std(),
            .min_log_std = networks.min_log_std(),
            .max_log_std = networks.max_log_std(),
            .dense = networks.dense()};
  }
};

TEST(CudaOps, SlicesAreReducedToTheGradientOfTheFreeParameters) {
  for (const bool symmetric : {true, false}) {
    Training t(symmetric);
    torch::Tensor expected = unset({t.networks.parameters().size(0)});
    t.networks.reduce_gradient(t.dense_gradient(), expected);
    const torch::Tensor gradient = torch::full_like(expected, kNan), losses = unset({4});
    fused().reduce({.gradients = t.slices,
                    .losses = t.losses,
                    .loss_scale = 0.25,
                    .tying = t.networks.tying().map(),
                    .log_std_at = t.networks.num_dense() - 4,
                    .entropy_coef = t.entropy_coef,
                    .entropy_share = 0.5,
                    .free_gradient = gradient,
                    .loss_sums = losses});
    expect_close(gradient, expected, 1e-5, 1e-5);
    expect_close(losses, t.losses.sum(0) * 0.25);
  }
}

TEST(CudaOps, StepsAreAdamsClippedSkippedAndClamped) {
  for (const bool symmetric : {true, false}) {
    Training slow(symmetric), fast(symmetric);
    for (int k = 0; k < 12; ++k) {
      torch::Tensor gradient = torch::randn({slow.networks.parameters().size(0)}) * (k % 3);
      if (k == 5) gradient[7] = kNan;
      gradient[-1] = -9;  // pushes a log standard deviation to its ceiling
      torch::Tensor norm[] = {unset({}), unset({})};
      torch::Tensor clipped = gradient.clone();
      slow.adam.step(slow.networks.parameters(), clipped, 1.5, norm[0]);
      slow.networks.refresh();
      fused().step(fast.step(gradient, norm[1]));
      expect_close(norm[0], norm[1]);
      expect_close(slow.networks.parameters(), fast.networks.parameters());
      expect_close(slow.networks.dense(), fast.networks.dense());
      expect_close(slow.adam.first_moment(), fast.adam.first_moment());
      expect_close(slow.adam.second_moment(), fast.adam.second_moment());
      EXPECT_TRUE(torch::equal(slow.adam.scalars(), fast.adam.scalars()));
      EXPECT_EQ(fast.adam.arrivals().item<int>(), 0);
    }
    EXPECT_EQ(fast.adam.skipped().item<float>(), 1);
  }
}

TEST(CudaOps, StepsMoveTheLearningRateByTheKlDivergence) {
  const float cases[][2] = {// KL divergence, rate after it
                            {0.05f, 1.2e-2f},
                            {0.2f, 1e-2f},
                            {0.4f, 8e-3f},
                            {kNan, 1e-2f}};
  for (const auto& [kl, rate] : cases) {
    Training t(true);
    OptimiserStep step = t.step(torch::randn({t.networks.parameters().size(0)}), unset({}));
    step.kl = torch::full({}, kl);
    fused().step(step);
    EXPECT_FLOAT_EQ(t.adam.learning_rate().item<float>(), rate) << kl;
  }
}

TEST(CudaOps, StatisticsAreThoseOfTorchWithAndWithoutAMirrorAndInBFloat16) {
  torch::manual_seed(9);
  WorkerPool pool(1);
  const Mirror mirror{{1, 0, 2, 4, 3, 5}, {1, 1, -1, -1, -1, 1}};
  for (const Mirror* image : {static_cast<const Mirror*>(nullptr), &mirror}) {
    Normaliser slow(6, true, image, torch::kCPU, torch_ops());
    Normaliser fast(6, true, image, torch::kCPU, cuda());
    for (const torch::ScalarType type : {torch::kFloat32, torch::kBFloat16}) {
      torch::Tensor batch = (torch::randn({700, 6}) * 2 + 5).to(type);
      batch.select(1, 2).fill_(1);  // constant: its deviation is the floor
      slow.update(pool, batch);
      fast.update(pool, batch);
      expect_close(slow.state(), fast.state(), 1e-6, 1e-4);
      expect_close(slow.scaling().mean, fast.scaling().mean);
      expect_close(slow.scaling().inv_std, fast.scaling().inv_std);
      expect_close(slow.scaling().offset, fast.scaling().offset);
    }
    const torch::Tensor before = fast.state(), mean = fast.mean().clone();
    torch::Tensor wrong = torch::randn({64, 6});
    wrong[3][4] = std::numeric_limits<float>::infinity();
    fast.update(pool, wrong);
    EXPECT_TRUE(torch::equal(before, fast.state()));
    EXPECT_TRUE(torch::equal(mean, fast.mean()));
  }
}

}  // namespace
}  // namespace kennel::cuda_ops_test
