// A mirrored robot in a mirrored world does the mirrored thing, and its state is worth the same.
#include <gtest/gtest.h>

#include <cmath>

#include "kennel/core/check.h"
#include "kennel/rl/actor_critic.h"
#include "kennel/rl/weight_tying.h"

namespace kennel {
namespace {

torch::Tensor mirrored(const torch::Tensor& x, const Mirror& mirror) {
  return x.index_select(1, torch::tensor(mirror.index, torch::kInt64)) * torch::tensor(mirror.sign);
}

// Like a robot's: numbers that swap, numbers that flip their sign, numbers that stay, and both.
Mirrors some_mirrors() {
  return {{{1, 0, 2, 3, 5, 4}, {1, 1, -1, 1, -1, -1}},
          {{0, 2, 1, 3}, {-1, 1, 1, 1}},
          {{1, 0, 2, 3}, {-1, -1, -1, 1}}};
}

NetworkConfig config_with(const char* activation) {
  NetworkConfig config;
  config.symmetric = true;
  config.activation = activation;
  config.actor_hidden = {16, 8};
  config.critic_hidden = {8, 12};
  return config;
}

const EnvSpec kSpec{1, 6, 4, 4, 0.02};

/// A network's output, from what it reads of an observation.
torch::Tensor run(const std::vector<Dense>& layers, const MlpShape& shape, const Parity* parity,
                  const torch::Tensor& x) {
  torch::Tensor input = x.clone();
  Normaliser(x.size(1), true, nullptr, torch::kCPU, cpu_ops()).apply(x, input, parity);
  MlpWorkspace workspace(shape, torch::kCPU, Passes::kForward);
  workspace.resize(x.size(0));
  return forward(cpu_ops(), layers, input, workspace).clone();
}

class Symmetry : public testing::TestWithParam<const char*> {};

TEST_P(Symmetry, OfActorCriticAndNoiseHoldsForAnyFreeParameters) {
  torch::manual_seed(1);
  const Mirrors mirrors = some_mirrors();
  ActorCritic networks(kSpec, config_with(GetParam()), &mirrors, 1, torch::kCPU, cpu_ops());
  networks.parameters().normal_(0, 0.5);
  networks.refresh();
  const torch::Tensor obs = torch::randn({20, 6});
  const torch::Tensor privileged_obs = torch::randn({20, 4});
  const auto act = [&](const torch::Tensor& x) {
    return run(networks.actor(), networks.actor_shape(), networks.actor_input(), x);
  };
  const auto judge = [&](const torch::Tensor& x) {
    return run(networks.critic(), networks.critic_shape(), networks.critic_input(), x);
  };
  const torch::Tensor action = act(obs), value = judge(privileged_obs);
  const torch::Tensor mirrored_action = act(mirrored(obs, mirrors.obs));
  const torch::Tensor mirrored_value = judge(mirrored(privileged_obs, mirrors.privileged_obs));
  EXPECT_TRUE(torch::allclose(mirrored_action, mirrored(action, mirrors.action), 1e-5, 1e-5));
  EXPECT_TRUE(torch::allclose(mirrored_value, value, 1e-5, 1e-5));
  EXPECT_GT(action.std().item<float>(), 0.1f);
  EXPECT_EQ(networks.log_std()[0].item<float>(), networks.log_std()[1].item<float>());
}

INSTANTIATE_TEST_SUITE_P(Activations, Symmetry, testing::Values("relu", "elu", "tanh"));

TEST(Symmetry, AlmostHalvesTheNumberOfParameters) {
  const Mirrors mirrors = some_mirrors();
  NetworkConfig config = config_with("relu");
  const ActorCritic tied(kSpec, config, &mirrors, 1, torch::kCPU, cpu_ops());
  config.symmetric = false;
  const ActorCritic plain(kSpec, config, nullptr, 1, torch::kCPU, cpu_ops());
  EXPECT_EQ(tied.num_dense(), plain.parameters().numel());
  EXPECT_LT(static_cast<double>(tied.parameters().numel()),
            0.53 * static_cast<double>(plain.parameters().numel()));
}

TEST(Symmetry, WithoutMirrorsOrWithWrongOnesIsRefused) {
  const NetworkConfig config = config_with("relu");
  EXPECT_THROW(ActorCritic(kSpec, config, nullptr, 1, torch::kCPU, cpu_ops()), Error);
  Mirrors mirrors = some_mirrors();
  mirrors.obs.index = {1, 2, 0, 3, 5, 4};  // a rotation: twice is not the identity
  EXPECT_THROW(ActorCritic(kSpec, config, &mirrors, 1, torch::kCPU, cpu_ops()), Error);
  mirrors = some_mirrors();
  mirrors.action.sign[1] = 1;
  EXPECT_THROW(ActorCritic(kSpec, config, &mirrors, 1, torch::kCPU, cpu_ops()), Error);
}

TEST(WeightTying, ReduceIsTheTransposeOfExpand) {
  torch::manual_seed(2);
  const Mirrors mirrors = some_mirrors();
  WeightTying tying;
  tying.add_dense(mirrors.obs, swap_mirror(8));
  tying.add_dense(swap_mirror(8), mirrors.action);
  tying.build(torch::kCPU);
  const torch::Tensor free = torch::randn({tying.num_free()});
  const torch::Tensor gradient = torch::randn({tying.num_dense()});
  torch::Tensor dense = torch::empty({tying.num_dense()});
  torch::Tensor reduced = torch::empty({tying.num_free()});
  tying.expand(free, dense);
  tying.reduce(gradient, reduced);
  EXPECT_NEAR(dense.dot(gradient).item<float>(), free.dot(reduced).item<float>(), 1e-4);
}

TEST(WeightTying, ProjectionOfIndependentEntriesKeepsTheirVariance) {
  torch::manual_seed(3);
  WeightTying tying;
  tying.add_dense(swap_mirror(40), swap_mirror(60));
  tying.build(torch::kCPU);
  const torch::Tensor dense = torch::randn({tying.num_dense()});
  EXPECT_NEAR(tying.project(dense).std().item<float>(), 1.0, 0.05);
}

}  // namespace
}  // namespace kennel
