// What each off-policy method computes, against losses written out for autograd, and answers known
// on paper.
#include <gmock/gmock.h>

#include <cmath>

#include "kennel/policy/policy_network.h"
#include "kennel/rl/deployed.h"
#include "kennel/rl/random.h"
#include "src/learners/off_policy/ddpg.h"
#include "src/learners/off_policy/dqn.h"
#include "src/learners/off_policy/sac.h"
#include "src/learners/off_policy/td3.h"

namespace kennel::off_policy_methods_test {
namespace {

using ::testing::HasSubstr;

constexpr int kRows = 700;  // more than a slice
constexpr EnvSpec kSpec{8, 5, 6, 3, 0.1};
constexpr ReplayConfig kReplay{.tau = 0.2f, .max_grad_norm = 1e9f, .symmetric = false};

ReplayConfig replay() {
  ReplayConfig config = kReplay;
  config.activation = "tanh";  // smooth: no kink for a rounding to fall on either side of
  return config;
}

const ActorCriticConfig kSmall{{16, 8}, {12, 10}, 1e-2f, 1e-2f};

/// A minibatch of random numbers, discounts of which some are 0.
Minibatch random_batch(std::uint64_t seed) {
  torch::manual_seed(seed);
  Minibatch batch(kRows, kSpec, torch::kCPU);
  for (torch::Tensor* x : {&batch.obs, &batch.privileged_obs, &batch.next_obs,
                           &batch.next_privileged_obs, &batch.returns})
    x->normal_();
  batch.action.uniform_(-1, 1);
  batch.discount.uniform_(0, 1);
  batch.discount.narrow(0, 0, 50).zero_();
  return batch;
}

/// A copy of a network's numbers that autograd follows.
struct Copy {
  std::vector<torch::Tensor> numbers;  // weight, bias, weight, bias

  explicit Copy(const std::vector<Dense>& layers) {
    for (const Dense& layer : layers)
      for (const torch::Tensor& x : {layer.weight, layer.bias})
        numbers.push_back(x.detach().clone().set_requires_grad(true));
  }

  /// tanh layers and a linear one.
  torch::Tensor operator()(torch::Tensor x) const {
    for (std::size_t k = 0; k < numbers.size(); k += 2) {
      x = x.matmul(numbers[k]) + numbers[k + 1];
      if (k + 2 < numbers.size()) x = x.tanh();
    }
    return x;
  }

  torch::Tensor gradient() const {
    std::vector<torch::Tensor> all;
    for (const torch::Tensor& x : numbers) all.push_back(x.grad().flatten());
    return torch::cat(all);
  }
};

torch::Tensor beside(const torch::Tensor& a, const torch::Tensor& b) {
  return torch::cat({a, b}, 1);
}

void expect_same(const torch::Tensor& own, const torch::Tensor& by_autograd) {
  ASSERT_EQ(own.sizes(), by_autograd.sizes());
  const double scale = by_autograd.abs().max().item<double>();
  EXPECT_GT(scale, 1e-6);
  EXPECT_LT((own - by_autograd).abs().max().item<double>(), 2e-5 * scale);
}

class OffPolicyUpdates : public ::testing::Test {
 protected:
  OffPolicyParts parts() { return {kSpec, nullptr, 5, torch::kCPU, cpu_ops(), pool_}; }

  /// Two updates beforehand, so that networks and targets differ.
  void warm_up(OffPolicyMethod& method) {
    torch::Tensor numbers = numbers_of(method);
    for (int k = 0; k < 4; ++k)
      method.update(random_batch(30 + static_cast<std::uint64_t>(k)), noise_of(method), k, numbers);
  }
  torch::Tensor numbers_of(const OffPolicyMethod& method) {
    return torch::zeros({static_cast<std::int64_t>(method.number_names().size())});
  }
  torch::Tensor noise_of(const OffPolicyMethod& method) {
    return torch::randn({kRows, method.update_noise()}, cpu_generator(9));
  }

  const torch::NoGradGuard no_grad_;
  WorkerPool pool_{2};
};

TEST_F(OffPolicyUpdates, DdpgsAreTheGradientsOfItsLosses) {
  Ddpg ddpg(parts(), {.replay = replay(), .networks = kSmall, .action_cost = 0.7f});
  warm_up(ddpg);
  TrainedNetworks& actor = ddpg.networks()[0].networks;
  TrainedNetworks& critic = ddpg.networks()[1].networks;
  const Copy mu(actor.network()), mu_target(actor.target()), q(critic.network()),
      q_target(critic.target());
  const Minibatch batch = random_batch(1);
  torch::Tensor numbers = numbers_of(ddpg);
  ddpg.update(batch, {}, 4, numbers);
  {
    const torch::AutoGradMode with_grad(true);
    const torch::Tensor next = mu_target(batch.next_obs).tanh();
    const torch::Tensor y =
        batch.returns +
        batch.discount * q_target(beside(batch.next_privileged_obs, next)).squeeze(1).detach();
    (q(beside(batch.privileged_obs, batch.action)).squeeze(1) - y).square().mean().backward();
    // The policy climbs the critic as it is after its own step.
    const Copy stepped(critic.network());
    const torch::Tensor a = mu(batch.obs).tanh();
    (0.7 * a.square().mean() - stepped(beside(batch.privileged_obs, a)).mean()).backward();
  }
  expect_same(critic.gradient(), q.gradient());
  expect_same(actor.gradient(), mu.gradient());
}

TEST_F(OffPolicyUpdates, Td3sAreTheGradientsOfItsLosses) {
  Td3 td3(parts(), {.replay = replay(),
                    .networks = kSmall,
                    .target_noise = 0.4f,
                    .target_noise_clip = 0.3f,
                    .action_cost = 0.3f});
  warm_up(td3);
  TrainedNetworks& actor = td3.networks()[0].networks;
  TrainedNetworks& critics = td3.networks()[1].networks;
  const Copy mu(actor.network()), mu_target(actor.target());
  const Copy q[] = {Copy(critics.network(0)), Copy(critics.network(1))};
  const Copy q_target[] = {Copy(critics.target(0)), Copy(critics.target(1))};
  const Minibatch batch = random_batch(1);
  const torch::Tensor noise = noise_of(td3);
  torch::Tensor numbers = numbers_of(td3);
  td3.update(batch, noise, 4, numbers);
  {
    const torch::AutoGradMode with_grad(true);
    const torch::Tensor next =
        (mu_target(batch.next_obs).tanh() + (0.4 * noise).clamp(-0.3, 0.3)).clamp(-1, 1);
    const torch::Tensor x = beside(batch.next_privileged_obs, next);
    const torch::Tensor y =
        (batch.returns + batch.discount * torch::min(q_target[0](x), q_target[1](x)).squeeze(1))
            .detach();
    torch::Tensor loss = torch::zeros({});
    for (const Copy& each : q)
      loss =
          loss + (each(beside(batch.privileged_obs, batch.action)).squeeze(1) - y).square().mean();
    loss.backward();
    const Copy stepped(critics.network(0));
    const torch::Tensor a = mu(batch.obs).tanh();
    (0.3 * a.square().mean() - stepped(beside(batch.privileged_obs, a)).mean()).backward();
  }
  expect_same(critics.gradient(), torch::cat({q[0].gradient(), q[1].gradient()}));
  expect_same(actor.gradient(), mu.gradient());
}

TEST_F(OffPolicyUpdates, Td3sPolicyWaitsForItsCritics) {
  Td3 td3(parts(), {.replay = replay(), .networks = kSmall, .policy_delay = 3});
  TrainedNetworks& actor = td3.networks()[0].networks;
  TrainedNetworks& critics = td3.networks()[1].networks;
  torch::Tensor numbers = numbers_of(td3);
  for (int k = 0; k < 7; ++k) {
    const torch::Tensor mu = actor.parameters().clone(), q = critics.parameters().clone();
    const torch::Tensor target = critics.target(0)[0].weight.clone();
    td3.update(random_batch(2), noise_of(td3), k, numbers);
    EXPECT_EQ(actor.parameters().equal(mu), k % 3 != 0) << k;
    EXPECT_EQ(critics.target(0)[0].weight.equal(target), k % 3 != 0) << k;
    EXPECT_FALSE(critics.parameters().equal(q)) << k;
  }
}

TEST_F(OffPolicyUpdates, SacsAreTheGradientsOfItsLosses) {
  for (const bool least : {true, false}) {
    Sac sac(
        parts(),
        {.replay = replay(), .networks = kSmall, .init_temperature = 0.3f, .least_of_two = least});
    warm_up(sac);
    TrainedNetworks& actor = sac.networks()[0].networks;
    TrainedNetworks& critics = sac.networks()[1].networks;
    const Copy pi(actor.network());
    const Copy q[] = {Copy(critics.network(0)), Copy(critics.network(1))};
    const Copy q_target[] = {Copy(critics.target(0)), Copy(critics.target(1))};
    const double alpha = sac.temperature().item<double>();
    const Minibatch batch = random_batch(1);
    const torch::Tensor noise = noise_of(sac);
    torch::Tensor numbers = numbers_of(sac);
    sac.update(batch, noise, 4, numbers);
    const auto estimated = [&](const torch::Tensor& a, const torch::Tensor& b) {
      return (least ? torch::min(a, b) : (a + b) / 2).squeeze(1);
    };
    const auto drawn = [&](const torch::Tensor& obs, const torch::Tensor& eps) {
      const torch::Tensor out = pi(obs), mean = out.narrow(1, 0, 3);
      const torch::Tensor log_std = -5.0 + 2.5 * (1 + out.narrow(1, 3, 3).tanh());
      const torch::Tensor u = mean + log_std.exp() * eps, a = u.tanh();
      const torch::Tensor log_prob =
          (-0.5 * eps.square() - log_std - 0.5 * std::log(2 * M_PI) - (1 - a.square()).log())
              .sum(1);
      return std::pair{a, log_prob};
    };
    {
      const torch::AutoGradMode with_grad(true);
      const auto [next, next_log_prob] = drawn(batch.next_obs, noise.narrow(1, 0, 3));
      const torch::Tensor x = beside(batch.next_privileged_obs, next);
      const torch::Tensor y =
          (batch.returns +
           batch.discount * (estimated(q_target[0](x), q_target[1](x)) - alpha * next_log_prob))
              .detach();
      torch::Tensor loss = torch::zeros({});
      for (const Copy& each : q)
        loss = loss +
               (each(beside(batch.privileged_obs, batch.action)).squeeze(1) - y).square().mean();
      loss.backward();
      const Copy first(critics.network(0)), second(critics.network(1));
      const auto [a, log_prob] = drawn(batch.obs, noise.narrow(1, 3, 3));
      const torch::Tensor at = beside(batch.privileged_obs, a);
      (alpha * log_prob - estimated(first(at), second(at))).mean().backward();
    }
    expect_same(critics.gradient(), torch::cat({q[0].gradient(), q[1].gradient()}));
    expect_same(actor.gradient(), pi.gradient());
  }
}

// A policy less random than aimed at makes entropy dearer, and the other way round.
TEST_F(OffPolicyUpdates, SacsTemperatureMovesTowardsItsEntropy) {
  for (const float target : {0.6f, -3.0f}) {
    Sac sac(parts(), {.replay = replay(),
                      .networks = kSmall,
                      .init_std = 0.4f,
                      .init_temperature = 0.1f,
                      .target_entropy = target});
    torch::Tensor numbers = numbers_of(sac);
    sac.update(random_batch(1), noise_of(sac), 0, numbers);
    const double temperature = sac.temperature().item<double>();
    if (target > 0)
      EXPECT_GT(temperature, 0.10001);
    else
      EXPECT_LT(temperature, 0.09999);
  }
}

TEST_F(OffPolicyUpdates, DqnsIsTheGradientOfItsLoss) {
  for (const bool double_q : {true, false}) {
    DqnConfig config{.replay = replay(), .hidden = {14}, .learning_rate = 1e-2f, .num_bins = 4};
    config.double_q = double_q;
    Dqn dqn(parts(), config);
    Minibatch batch = random_batch(1);
    batch.action.copy_(bin_values(torch::randint(4, {kRows, 3}), 4));
    warm_up(dqn);
    TrainedNetworks& networks = dqn.networks()[0].networks;
    const Copy q(networks.network()), target(networks.target());
    torch::Tensor numbers = numbers_of(dqn);
    dqn.update(batch, {}, 4, numbers);
    {
      const torch::AutoGradMode with_grad(true);
      const auto table = [](const Copy& of, const torch::Tensor& obs) {
        return of(obs).view({-1, 3, 4});
      };
      const torch::Tensor of_next = table(target, batch.next_obs);
      const torch::Tensor chosen =
          (double_q ? table(q, batch.next_obs) : of_next).argmax(2, /*keepdim=*/true);
      const torch::Tensor y =
          (batch.returns + batch.discount * of_next.gather(2, chosen).squeeze(2).mean(1)).detach();
      const torch::Tensor taken = ((batch.action + 1) * 1.5).round().to(torch::kInt64);
      const torch::Tensor values =
          table(q, batch.obs).gather(2, taken.unsqueeze(2)).squeeze(2).mean(1);
      (values - y).square().mean().backward();
    }
    expect_same(networks.gradient(), q.gradient());
  }
}

TEST_F(OffPolicyUpdates, TargetsMoveByTau) {
  Ddpg ddpg(parts(), {.replay = replay(), .networks = kSmall});
  TrainedNetworks& critic = ddpg.networks()[1].networks;
  const torch::Tensor before = critic.target()[0].weight.clone();
  torch::Tensor numbers = numbers_of(ddpg);
  ddpg.update(random_batch(1), {}, 0, numbers);
  EXPECT_TRUE(critic.target()[0].weight.allclose(0.8 * before + 0.2 * critic.network()[0].weight,
                                                 1e-5, 1e-6));
  EXPECT_FALSE(critic.target()[0].weight.allclose(before, 1e-5, 1e-6));
}

TEST(SmoothedAction, HasNoiseWithinItsClipAndStaysWithinTheBounds) {
  const torch::Tensor mean = torch::linspace(-1, 1, 5000).unsqueeze(1);
  const torch::Tensor eps = torch::randn({5000, 1}, cpu_generator(2));
  const torch::Tensor a = smoothed_action(mean, eps, 0.2, 0.25);
  EXPECT_LE((a - mean).abs().max().item<double>(), 0.25 + 1e-6);
  EXPECT_LE(a.abs().max().item<double>(), 1.0);
  // 1.25 deviations: two tails of 10.6 % lie on the clip.
  const double clipped = ((a - mean).abs() > 0.25 - 1e-5).to(torch::kFloat32).mean().item<double>();
  EXPECT_GT(clipped, 0.15);
  EXPECT_LT(clipped, 0.25);
  EXPECT_TRUE(smoothed_action(mean, eps, 0.0, 0.25).equal(mean));
}

// Sutton & Barto 2018, example 6.7: ten actions that all pay -0.1 in the mean. Of estimates with
// independent errors of deviation 0.5 the largest is too high by 0.5 * 1.53875, the expected
// largest of ten standard normal numbers; valued by other estimates it is not.
TEST(DoubleQ, HasNoMaximisationBiasWhereTheSingleEstimatorHas) {
  constexpr std::int64_t kStates = 40000;
  const torch::Tensor a = torch::randn({kStates, 1, 10}, cpu_generator(1)) * 0.5 - 0.1;
  const torch::Tensor b = torch::randn({kStates, 1, 10}, cpu_generator(2)) * 0.5 - 0.1;
  EXPECT_NEAR(value_of_best(a, a).mean().item<double>(), -0.1 + 0.5 * 1.53875, 0.01);
  EXPECT_NEAR(value_of_best(a, b).mean().item<double>(), -0.1, 0.01);
}

TEST(Bins, AreEvenlySpacedFromBoundToBoundAndFoundAgain) {
  const torch::Tensor bins = torch::arange(5);
  EXPECT_TRUE(bin_values(bins, 5).equal(torch::tensor({-1.0f, -0.5f, 0.0f, 0.5f, 1.0f})));
  for (int num_bins = 2; num_bins <= 9; ++num_bins)
    EXPECT_TRUE(nearest_bins(bin_values(torch::arange(num_bins), num_bins), num_bins)
                    .equal(torch::arange(num_bins)));
}

class ArgmaxLayers : public ::testing::TestWithParam<int> {};

TEST_P(ArgmaxLayers, GiveTheBinOfTheLargestValueOfEachAction) {
  const int bins = GetParam();
  constexpr int kActions = 3;
  const PolicyNetwork network{argmax_layers(kActions, bins)};
  ASSERT_EQ(network.input_size(), kActions * bins);
  ASSERT_EQ(network.output_size(), kActions);
  int compared = 0;
  for (int k = 0; k < 300; ++k) {
    const torch::Tensor q =
        torch::randn({kActions, bins}, cpu_generator(static_cast<std::uint64_t>(k))) * 3 + 10;
    const auto top = q.topk(2, 1);
    const torch::Tensor gap = std::get<0>(top).select(1, 0) - std::get<0>(top).select(1, 1);
    if (gap.min().item<double>() < 2e-3) continue;
    ++compared;
    const torch::Tensor best = bin_values(q.argmax(1), bins);
    const std::vector<float> a = forward(
        network, std::span(q.const_data_ptr<float>(), static_cast<std::size_t>(kActions * bins)));
    for (int j = 0; j < kActions; ++j)
      EXPECT_NEAR(a[static_cast<std::size_t>(j)], best[j].item<float>(), 1e-5) << bins;
  }
  EXPECT_GT(compared, 200);
}

INSTANTIATE_TEST_SUITE_P(Bins, ArgmaxLayers, ::testing::Values(2, 3, 4, 5, 9));

TEST(ArgmaxLayers, LieBetweenTwoBinsOfTheSameValue) {
  const PolicyNetwork network{argmax_layers(1, 3)};
  EXPECT_FLOAT_EQ(forward(network, std::vector<float>{4, 4, 1})[0], -0.5f);
  EXPECT_FLOAT_EQ(forward(network, std::vector<float>{4, 1, 4})[0], 0.0f);
  EXPECT_FLOAT_EQ(forward(network, std::vector<float>{1, 4, 4})[0], 0.5f);
}

}  // namespace
}  // namespace kennel::off_policy_methods_test
