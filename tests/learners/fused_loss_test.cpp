// The losses in one pass against those written in torch.
#include "src/learners/ppo/fused_loss.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "src/learners/ppo/ppo_loss.h"

namespace kennel::fused_loss_test {
namespace {

constexpr std::int64_t kSamples = 90, kRows = 57, kActions = 12;

struct Scene {
  Samples all, gathered;
  torch::Tensor index, mean, log_std, value;

  Scene() {
    torch::manual_seed(1);
    log_std = torch::randn({kActions}) * 0.2;
    mean = torch::randn({kRows, kActions}) * 0.3;
    value = torch::randn({kRows}) * 0.4;
    all = {torch::randn({kSamples, kActions}), torch::randn({kSamples}) * 0.5 - 17,
           torch::randn({kSamples}), torch::randn({kSamples}), torch::randn({kSamples}) * 0.4};
    index = torch::randperm(kSamples).narrow(0, 0, kRows).contiguous();
    // Ratios around 1, some inside the clip and some outside.
    const torch::Tensor z = (all.action.index_select(0, index) - mean) / log_std.exp();
    all.log_prob.index_copy_(0, index,
                             (-0.5 * z * z).sum(1) - log_std.sum() - kActions * 0.91893853 +
                                 torch::randn({kRows}) * 0.4);
    gathered = all.at(index);
  }
};

TEST(FusedLoss, OfThePolicyIsThatOfTorch) {
  Scene s;
  torch::Tensor grad_mean[2], grad_log_std[2];
  for (const int k : {0, 1}) {
    grad_mean[k] = torch::full({kRows, kActions}, NAN);
    grad_log_std[k] = torch::full({kActions}, NAN);
  }
  const PolicyTerms slow{torch::empty({kRows}), torch::empty({kRows}), torch::empty({kRows})};
  policy_loss(s.gathered, s.mean, s.log_std, 0.2, 0.01, grad_mean[0], grad_log_std[0], slow);
  const PolicySums fast = fused_policy_loss(s.all, s.index, s.mean, s.log_std, 0.2, 0.01,
                                            grad_mean[1], grad_log_std[1]);
  EXPECT_NEAR(fast.surrogate, slow.surrogate.sum().item<double>(), 1e-4);
  EXPECT_NEAR(fast.kl, slow.kl.sum().item<double>(), 1e-4);
  EXPECT_EQ(fast.clip_fraction, slow.clipped.sum().item<double>());
  EXPECT_GT(fast.clip_fraction, 5);
  EXPECT_LT(fast.clip_fraction, kRows - 5);
  EXPECT_TRUE(torch::allclose(grad_mean[0], grad_mean[1], 1e-4, 1e-7));
  EXPECT_TRUE(torch::allclose(grad_log_std[0], grad_log_std[1], 1e-4, 1e-6));
}

// What a robot of so many joints has, and every remainder of a block of rows.
TEST(FusedLoss, OfAnyNumberOfActionsAndRowsIsThatOfTorch) {
  torch::manual_seed(4);
  for (const std::int64_t actions : {1, 5, 16, 19})
    for (const std::int64_t rows : {1, 15, 16, 33}) {
      const torch::Tensor mean = torch::randn({rows, actions}) * 0.1;
      const torch::Tensor log_std = torch::full({actions}, -60.0 / static_cast<double>(actions));
      const Samples all{mean + torch::randn({rows, actions}) * log_std.exp(),
                        torch::full({rows}, 60.0) + torch::randn({rows}), torch::randn({rows}),
                        torch::zeros({rows}), torch::zeros({rows})};
      torch::Tensor grad_mean[2], grad_log_std[2];
      for (const int k : {0, 1}) {
        grad_mean[k] = torch::full({rows, actions}, NAN);
        grad_log_std[k] = torch::full({actions}, NAN);
      }
      const PolicyTerms slow{torch::empty({rows}), torch::empty({rows}), torch::empty({rows})};
      policy_loss(all, mean, log_std, 0.2, 0.01, grad_mean[0], grad_log_std[0], slow);
      const PolicySums fast = fused_policy_loss(all, torch::arange(rows), mean, log_std, 0.2, 0.01,
                                                grad_mean[1], grad_log_std[1]);
      EXPECT_EQ(fast.clip_fraction, slow.clipped.sum().item<double>());
      for (const int k : {0, 1}) EXPECT_TRUE(grad_mean[k].isfinite().all().item<bool>());
      EXPECT_TRUE(torch::allclose(grad_mean[1], grad_mean[0], 1e-3))
          << actions << " actions, " << rows << " rows";
      EXPECT_TRUE(torch::allclose(grad_log_std[1], grad_log_std[0], 1e-3, 1e-5))
          << actions << " actions, " << rows << " rows";
    }
}

TEST(FusedLoss, OfARowHasTheSameGradientInAnySliceOfRows) {
  Scene s;
  torch::Tensor whole = torch::empty({kRows, kActions}), grad_log_std = torch::empty({kActions});
  fused_policy_loss(s.all, s.index, s.mean, s.log_std, 0.2, 0.01, whole, grad_log_std);
  for (std::int64_t begin = 0; begin < kRows; begin += 11) {
    const std::int64_t rows = std::min<std::int64_t>(11, kRows - begin);
    torch::Tensor part = torch::empty({rows, kActions});
    fused_policy_loss(s.all, s.index.narrow(0, begin, rows), s.mean.narrow(0, begin, rows),
                      s.log_std, 0.2, 0.01, part, grad_log_std);
    EXPECT_TRUE(torch::equal(part, whole.narrow(0, begin, rows))) << begin;
  }
}

// e^89 is no float. Where the advantage is positive the clip stops it; where it is negative nothing
// does, and the step must be skipped.
TEST(FusedLoss, OfARatioThatOverflowsIsStoppedOrNotFinite) {
  Scene s;
  for (const float advantage : {1.0f, -1.0f}) {
    s.all.advantage.fill_(advantage);
    s.all.log_prob.fill_(-1e4f);
    torch::Tensor grad_mean = torch::empty({kRows, kActions});
    torch::Tensor grad_log_std = torch::empty({kActions});
    fused_policy_loss(s.all, s.index, s.mean, s.log_std, 0.2, 0.01, grad_mean, grad_log_std);
    if (advantage > 0.0f) {
      EXPECT_TRUE((grad_mean == 0).all().item<bool>());
    } else {
      EXPECT_FALSE(grad_mean.isfinite().any().item<bool>());
    }
  }
}

TEST(FusedLoss, OfTheCriticIsThatOfTorchClippedOrNot) {
  Scene s;
  for (const bool clip : {true, false}) {
    torch::Tensor slow_grad = torch::full({kRows}, NAN);
    torch::Tensor fast_grad = torch::full({kRows, 1}, NAN);
    const torch::Tensor slow = torch::full({kRows}, NAN);
    value_loss(s.gathered, s.value, clip, 0.2, 0.01, slow_grad, slow);
    const double fast =
        fused_value_loss(s.all, s.index, s.value.unsqueeze(1), clip, 0.2, 0.01, fast_grad);
    EXPECT_NEAR(fast, slow.sum().item<double>(), 1e-4);
    EXPECT_TRUE(torch::allclose(fast_grad.squeeze(1), slow_grad, 1e-5, 1e-8));
    EXPECT_EQ(clip, (fast_grad == 0).any().item<bool>());
  }
}

TEST(FusedLoss, LetsNanThroughIntoTheGradientWhereverItComesFrom) {
  for (const int from : {0, 1, 2, 3}) {
    Scene s;
    constexpr std::int64_t kRow = kRows - 2;
    const std::int64_t sample = s.index[kRow].item<std::int64_t>();
    if (from == 0) s.all.advantage[sample] = NAN;
    if (from == 1) s.all.log_prob[sample] = NAN;
    if (from == 2) s.all.action[sample].fill_(NAN);
    if (from == 3) s.mean[kRow].fill_(NAN);
    torch::Tensor grad_mean = torch::zeros({kRows, kActions});
    torch::Tensor grad_log_std = torch::zeros({kActions});
    const PolicySums sums =
        fused_policy_loss(s.all, s.index, s.mean, s.log_std, 0.2, 0.01, grad_mean, grad_log_std);
    EXPECT_TRUE(grad_mean[kRow].isnan().all().item<bool>()) << from;
    EXPECT_EQ(grad_mean.isnan().sum().item<std::int64_t>(), kActions) << from;
    EXPECT_TRUE(grad_log_std.isnan().all().item<bool>()) << from;
    EXPECT_TRUE(std::isnan(sums.surrogate)) << from;
  }
  Scene s;
  s.all.returns.fill_(NAN);
  torch::Tensor grad_value = torch::zeros({kRows, 1});
  fused_value_loss(s.all, s.index, s.value.unsqueeze(1), true, 0.2, 0.01, grad_value);
  EXPECT_TRUE(grad_value.isnan().all().item<bool>());
}

}  // namespace
}  // namespace kennel::fused_loss_test
