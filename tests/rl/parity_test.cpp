// Networks run by parity against the same networks run as they are.
#include "kennel/rl/parity.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kennel/lanes/parity_products.h"
#include "kennel/rl/actor_critic.h"
#include "kennel/rl/learner_ops.h"

namespace kennel {
namespace {

constexpr std::int64_t kRows = 77;

// Like a robot's: numbers that swap, numbers that flip their sign, numbers that stay, and both.
Mirrors some_mirrors() {
  return {{{1, 0, 2, 3, 5, 4, 6}, {1, 1, -1, 1, -1, -1, -1}},
          {{0, 2, 1, 3}, {-1, 1, 1, 1}},
          {{1, 0, 2, 3}, {-1, -1, -1, 1}}};
}

const EnvSpec kSpec{1, 7, 4, 4, 0.02};

torch::Tensor split(const Parity& parity, const torch::Tensor& x) {
  torch::Tensor parts = torch::full_like(x, NAN);
  for (std::int64_t row = 0; row < x.size(0); ++row)
    parity.split(x[row].const_data_ptr<float>(), parts[row].mutable_data_ptr<float>());
  return parts;
}

TEST(Parity, EvenPartsStayAndOddPartsAreNegatedInTheMirror) {
  torch::manual_seed(1);
  const Mirror mirror = some_mirrors().obs;
  const Parity parity(mirror);
  EXPECT_EQ(parity.size(), 7);
  EXPECT_EQ(parity.num_even(), 3);
  const torch::Tensor x = torch::randn({kRows, 7});
  const torch::Tensor image =
      x.index_select(1, torch::tensor(mirror.index, torch::kInt64)) * torch::tensor(mirror.sign);
  const torch::Tensor parts = split(parity, x), of_image = split(parity, image);
  EXPECT_TRUE(torch::equal(of_image.narrow(1, 0, 3), parts.narrow(1, 0, 3)));
  EXPECT_TRUE(torch::equal(of_image.narrow(1, 3, 4), -parts.narrow(1, 3, 4)));
}

TEST(Parity, SplitWeightsMultiplyThePartsAsTheWeightsDoTheWhole) {
  torch::manual_seed(2);
  const Parity parity(some_mirrors().obs);
  const torch::Tensor x = torch::randn({kRows, 7}), weight = torch::randn({7, 5});
  torch::Tensor parts = torch::full({7, 3}, NAN);  // of the first three columns
  parity.split_weight(weight, parts);
  EXPECT_TRUE(torch::allclose(split(parity, x).matmul(parts), x.matmul(weight.narrow(1, 0, 3)),
                              1e-5, 1e-5));
}

TEST(Parity, AddGradientIsTheTransposeOfSplitWeight) {
  torch::manual_seed(3);
  const Parity parity(some_mirrors().obs);
  const torch::Tensor weight = torch::randn({7, 5}), gradient = torch::randn({7, 3});
  torch::Tensor parts = torch::empty({7, 3}), sum = torch::ones({7, 5});
  parity.split_weight(weight, parts);
  parity.add_gradient(gradient, sum);
  EXPECT_NEAR((parts * gradient).sum().item<float>(), (weight * (sum - 1)).sum().item<float>(),
              1e-4);
  EXPECT_TRUE(torch::equal(sum.narrow(1, 3, 2), torch::ones({7, 2})));
}

/// The same free parameters, run by parity and as they are.
struct Twins {
  Mirrors mirrors = some_mirrors();
  NetworkConfig config;
  ActorCritic parity, plain;

  explicit Twins(const char* activation)
      : config(config_with(activation)),
        parity(kSpec, config, &mirrors, 1, torch::kCPU, cpu_ops()),
        plain(kSpec, config, &mirrors, 1, torch::kCPU, torch_ops()) {
    torch::manual_seed(4);
    parity.parameters().normal_(0, 0.4);
    plain.parameters().copy_(parity.parameters());
    parity.refresh();
    plain.refresh();
  }

  static NetworkConfig config_with(const char* activation) {
    NetworkConfig config;
    config.symmetric = true;
    config.activation = activation;
    config.actor_hidden = {36, 10};
    config.critic_hidden = {8};
    return config;
  }
};

/// One network's pass forward and back over some rows.
struct Pass {
  MlpWorkspace workspace;
  torch::Tensor gradient;  // (num_weights)

  Pass(const LearnerOps& ops, const ActorCritic& networks, bool critic, const torch::Tensor& x,
       const torch::Tensor& grad_output)
      : workspace(critic ? networks.critic_shape() : networks.actor_shape(), torch::kCPU,
                  Passes::kForwardAndBackward),
        gradient(torch::zeros({networks.num_weights()})) {
    const std::vector<Dense>& layers = critic ? networks.critic() : networks.actor();
    const Parity* parity = critic ? networks.critic_input() : networks.actor_input();
    const torch::Tensor input = parity ? split(*parity, x) : x;
    ActorCritic::Views views = networks.views(gradient);
    workspace.resize(x.size(0));
    forward(ops, layers, input, workspace);
    workspace.grad.back().copy_(grad_output);
    backward(ops, layers, input, workspace, critic ? views.critic : views.actor);
  }
  const torch::Tensor& output() const { return workspace.output.back(); }
  torch::Tensor free_gradient(const ActorCritic& networks) const {
    torch::Tensor free = torch::full_like(networks.parameters(), NAN);
    networks.reduce_gradient(gradient, free);
    return free;
  }
};

class ByParity : public testing::TestWithParam<const char*> {};

TEST_P(ByParity, OutputsAndGradientsAreThoseOfTheDenseLayers) {
  const Twins twins(GetParam());
  for (const bool critic : {false, true}) {
    const torch::Tensor x = torch::randn({kRows, critic ? 4 : 7});
    const torch::Tensor grad_output = torch::randn({kRows, critic ? 1 : 4});
    const Pass parity(cpu_ops(), twins.parity, critic, x, grad_output);
    const Pass plain(torch_ops(), twins.plain, critic, x, grad_output);
    EXPECT_TRUE(torch::allclose(parity.output(), plain.output(), 1e-5, 1e-5)) << critic;
    const torch::Tensor expected = plain.free_gradient(twins.plain);
    EXPECT_GT(expected.norm().item<float>(), 1.0f);
    EXPECT_TRUE(torch::allclose(parity.free_gradient(twins.parity), expected, 1e-4,
                                1e-5 * expected.abs().max().item<double>()))
        << critic;
  }
}

TEST_P(ByParity, ANumberThatIsNotFiniteReachesOutputAndGradient) {
  const Twins twins(GetParam());
  for (const float wrong :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    for (int k = 0; k < 7; ++k) {
      torch::Tensor x = torch::randn({kRows, 7});
      x[40][k] = wrong;
      const Pass pass(cpu_ops(), twins.parity, false, x, torch::randn({kRows, 4}));
      EXPECT_TRUE(pass.output().narrow(0, 0, 40).isfinite().all().item<bool>());
      EXPECT_FALSE(pass.free_gradient(twins.parity).norm().isfinite().item<bool>()) << k;
    }
}

INSTANTIATE_TEST_SUITE_P(Activations, ByParity, testing::Values("relu", "elu", "tanh"));

TEST(RunByParity, ARowHasTheSameBitsInAnySliceOfRows) {
  const Twins twins("relu");
  const torch::Tensor x = torch::randn({kRows, 7}), grad_output = torch::randn({kRows, 4});
  const Pass whole(cpu_ops(), twins.parity, false, x, grad_output);
  const Pass part(cpu_ops(), twins.parity, false, x.narrow(0, 13, 31),
                  grad_output.narrow(0, 13, 31));
  EXPECT_TRUE(torch::equal(part.output(), whole.output().narrow(0, 13, 31)));
  EXPECT_TRUE(torch::equal(part.workspace.grad[0], whole.workspace.grad[0].narrow(0, 13, 31)));
}

TEST(RunByParity, HiddenLayersHaveHalfTheWeights) {
  const Twins twins("relu");
  EXPECT_EQ(twins.parity.actor()[1].weight.size(1), 5);
  EXPECT_EQ(twins.plain.actor()[1].weight.size(1), 10);
  EXPECT_LT(twins.parity.num_weights(), 0.6 * static_cast<double>(twins.plain.num_weights()));
  EXPECT_EQ(twins.parity.num_dense(), twins.plain.num_dense());
}

TEST(RunByParity, TheExportedPolicyIsThatOfTheDenseLayers) {
  const Twins twins("relu");
  const Normaliser normaliser(7, true, nullptr, torch::kCPU, cpu_ops());
  const PolicyNetwork parity = twins.parity.snapshot(normaliser);
  const PolicyNetwork plain = twins.plain.snapshot(normaliser);
  for (std::size_t k = 0; k < plain.layers.size(); ++k) {
    EXPECT_EQ(parity.layers[k].weights, plain.layers[k].weights);
    EXPECT_EQ(parity.layers[k].bias, plain.layers[k].bias);
  }
}

TEST(ParityProducts, AUnitIsActiveWhereItIsAboveZeroBesideAnyImage) {
  // Units and images from tiny to huge: only where one is below a rounding of the other may it
  // count as zero.
  const float units[] = {0.0f, 1e-3f, 1.0f, 1e3f};
  const float one = 1.0f, half = 0.5f;
  for (const float u : units)
    for (const float image : units) {
      const float parts[] = {u + image, u - image};
      float c[2], sum;
      parity_rectified_gradient({{&one, 1}, {&one, 1}, 1}, {{&one, 1}, {&half, 1}, 1}, {parts, 2},
                                {c, 2}, &sum, 1, 1);
      const float gradient = u > 0 ? 1.5f : 0.0f, of_image = image > 0 ? 0.5f : 0.0f;
      EXPECT_EQ(c[0], gradient + of_image) << u << " " << image;
      EXPECT_EQ(c[1], gradient - of_image) << u << " " << image;
      EXPECT_EQ(sum, c[0]);
    }
}

}  // namespace
}  // namespace kennel
