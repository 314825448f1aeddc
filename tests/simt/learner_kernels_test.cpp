// The learner's kernels over memory that ends where it must, in any order of blocks, warps and
// lanes: what the sanitizers run. Numbers are checked against loops in double; against torch in
// tests/learners/cuda_ops_test.cpp.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <vector>

#include "kernels/learner/activation.h"
#include "kernels/learner/learner_args.h"
#include "kernels/learner/policy_row.h"
#include "tests/simt/lane_kernels.h"

namespace kennel::testing {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// Numbers of which AddressSanitizer knows the end.
template <class Number>
class Array {
 public:
  explicit Array(std::size_t size, Number value = Number(-1))
      : size_(size), data_(new Number[size]) {
    std::fill(data_.get(), data_.get() + size, value);
  }
  Number* get() { return data_.get(); }
  Number& operator[](std::size_t at) { return data_[at]; }
  std::vector<Number> values() const { return {data_.get(), data_.get() + size_}; }
  std::size_t size() const { return size_; }

 private:
  std::size_t size_;
  std::unique_ptr<Number[]> data_;
};

Array<float> numbers(std::size_t size, float scale = 1.0f) {
  static std::uint32_t seed = 1;
  Array<float> out(size);
  for (std::size_t k = 0; k < size; ++k) {
    seed = seed * 1664525u + 1013904223u;
    out[k] = scale * (static_cast<float>(seed >> 8) / 8388608.0f - 1.0f);
  }
  return out;
}
Array<float> unset(std::size_t size) { return Array<float>(size, kNan); }

/// Calls run() with blocks, warps and lanes in several orders; what it returns must not depend on
/// them.
template <class Run>
void in_any_order(const Run& run) {
  const auto expected = run();
  for (const simt::Order order : {simt::Order::kBackward, simt::Order::kShuffled}) {
    const Scheduled scheduled({order, 7});
    EXPECT_EQ(run(), expected);
  }
}

TEST(LearnerKernels, OrdersArePermutations) {
  std::int64_t steps = 48;
  const KeyedSteps at{77, &steps};
  in_any_order([&] {
    Array<std::int64_t> order(515);
    launch_order(at, 1, epoch_order(5, 103, 3, 32, 4), order.get(), nullptr);
    std::vector<std::int64_t> sorted = order.values();
    std::sort(sorted.begin(), sorted.end());
    for (std::int64_t r = 0; r < 515; ++r) EXPECT_EQ(sorted[static_cast<std::size_t>(r)], r);
    return order.values();
  });
}

TEST(LearnerKernels, NoiseIsThatOfTheActionsMadeWithIt) {
  std::int64_t steps = 9;
  const KeyedSteps at{123456789, &steps};
  constexpr int kSteps = 3, kEnvs = 70, kActions = 6;
  in_any_order([&] {
    Array<float> noise = unset(kSteps * kEnvs * kActions), mean(kEnvs * kActions, 0.5f);
    Array<float> log_std(kActions, 0.0f), action = unset(kEnvs * kActions), density = unset(kEnvs);
    launch_noise(at, 4, kSteps, kEnvs, kActions, noise.get(), nullptr);
    launch_sample(
        {at, 2, 4, kEnvs, kActions, mean.get(), log_std.get(), action.get(), density.get()},
        nullptr);
    for (int env = 0; env < kEnvs; ++env) {
      double squared = 0;
      for (int k = 0; k < kActions; ++k) {
        const float x = noise[static_cast<std::size_t>((2 * kEnvs + env) * kActions + k)];
        EXPECT_NEAR(action[static_cast<std::size_t>(env * kActions + k)], 0.5f + x, 1e-6f);
        squared += double{x} * x;
      }
      EXPECT_NEAR(density[static_cast<std::size_t>(env)],
                  -squared / 2 - kActions * 0.5 * std::log(2 * M_PI), 1e-4);
    }
    return action.values();
  });
}

TEST(LearnerKernels, AnEpochHoldsEveryRowOnce) {
  std::int64_t steps = 24;
  constexpr int kRows = 133, kObs = 5, kPrivileged = 40, kActions = 3;
  Array<float> obs = numbers(kRows * kObs), mean = numbers(kPrivileged), inv = numbers(kPrivileged);
  Array<std::uint16_t> privileged(kRows * kPrivileged, 0x3f80);  // 1 in bfloat16
  Array<float> action = numbers(kRows * kActions),
               columns[4] = {numbers(kRows), numbers(kRows), numbers(kRows), numbers(kRows)};
  in_any_order([&] {
    Array<float> obs_out = unset(kRows * kObs), privileged_out = unset(kRows * kPrivileged);
    Array<float> action_out = unset(kRows * kActions),
                 out[4] = {unset(kRows), unset(kRows), unset(kRows), unset(kRows)};
    launch_epoch(
        {{5, &steps},
         0,
         epoch_order(7, 19, 2, 8, 0),
         {{obs.get(), false}, mean.get(), inv.get(), kObs},
         {{privileged.get(), true}, mean.get(), inv.get(), kPrivileged},
         {action.get(), columns[0].get(), columns[1].get(), columns[2].get(), columns[3].get()},
         kActions,
         obs_out.get(),
         privileged_out.get(),
         {action_out.get(), out[0].get(), out[1].get(), out[2].get(), out[3].get()}},
        nullptr);
    for (int c = 0; c < 4; ++c) {
      std::vector<float> before = columns[c].values(), after = out[c].values();
      std::sort(before.begin(), before.end());
      std::sort(after.begin(), after.end());
      EXPECT_EQ(before, after);
    }
    for (int k = 0; k < kPrivileged; ++k)
      EXPECT_FLOAT_EQ(privileged_out[static_cast<std::size_t>(k)], (1 - mean[k]) * inv[k]);
    return obs_out.values();
  });
}

TEST(LearnerKernels, ActivationsAndTheirColumnsAreSummedInOneOrder) {
  constexpr int kRows = 300, kColumns = 45;
  const Array<float> start = numbers(kRows * kColumns, 2.0f);
  for (const LayerActivation activation : {LayerActivation::kLinear, LayerActivation::kRelu,
                                           LayerActivation::kElu, LayerActivation::kTanh}) {
    in_any_order([&] {
      Array<float> y(start.size()), grad(start.size()), bias(kColumns, 0.25f);
      for (std::size_t k = 0; k < start.size(); ++k) y[k] = grad[k] = start.values()[k];
      launch_bias_activation(activation, bias.get(), kRows, kColumns, y.get(), nullptr);
      const int blocks = backward_blocks(kRows);
      Array<float> partial = unset(static_cast<std::size_t>(blocks) * kColumns);
      launch_activation_backward(activation, y.get(), kRows, kColumns, grad.get(), partial.get(),
                                 nullptr);
      Array<float> sums = unset(kColumns - 4), rest = unset(4);
      launch_column_sums({partial.get(), blocks, kColumns - 4, 4, sums.get(), rest.get()}, nullptr);
      for (int c = 0; c < kColumns; ++c) {
        double sum = 0;
        for (int r = 0; r < kRows; ++r) sum += grad[static_cast<std::size_t>(r * kColumns + c)];
        EXPECT_NEAR(c < kColumns - 4 ? sums[c] : rest[c - (kColumns - 4)], sum, 1e-4);
      }
      return sums.values();
    });
  }
}

TEST(LearnerKernels, LossesOfRowsOutsideTheBatchAreNotThere) {
  constexpr int kRows = 131, kActions = 3;
  Array<float> action = numbers(kRows * kActions), mean = numbers(kRows * kActions),
               log_std = numbers(kActions, 0.1f), value = numbers(kRows),
               columns[4] = {numbers(kRows), numbers(kRows), numbers(kRows), numbers(kRows)};
  Array<std::int64_t> index(kRows);
  for (int r = 0; r < kRows; ++r) index[static_cast<std::size_t>(r)] = kRows - 1 - r;
  in_any_order([&] {
    Array<float> grad_mean = unset(kRows * kActions), grad_value = unset(kRows);
    Array<float> partial = unset(static_cast<std::size_t>(loss_blocks(kRows)) * (kActions + 4));
    launch_losses(
        {{action.get(), columns[0].get(), columns[1].get(), columns[2].get(), columns[3].get()},
         index.get(),
         kRows,
         kActions,
         mean.get(),
         log_std.get(),
         value.get(),
         0.2f,
         0.01f,
         0.02f,
         true,
         grad_mean.get(),
         grad_value.get(),
         partial.get()},
        nullptr);
    double squared_error = 0, summed = 0;
    for (std::size_t r = 0; r < kRows; ++r) {
      const std::size_t from = kRows - 1 - r;
      squared_error +=
          value_row(value[r], columns[3][from], columns[2][from], true, 0.2f, 0.02f).squared_error;
    }
    for (int b = 0; b < loss_blocks(kRows); ++b)
      summed += partial[static_cast<std::size_t>(b * (kActions + 4) + kActions + 1)];
    EXPECT_NEAR(squared_error, summed, 1e-3);
    return partial.values();
  });
}

TEST(LearnerKernels, AdvantagesComeOutWithMeanZeroAndDeviationOne) {
  constexpr int kSteps = 7, kEnvs = 201, kRows = kSteps * kEnvs;
  Array<float> reward = numbers(kRows), value = numbers(kRows), next = numbers(kRows),
               terminated(kRows, 0.0f), truncated(kRows, 0.0f);
  for (std::size_t r = 3; r < kRows; r += 17) terminated[r] = 1, next[r] = kNan;
  for (std::size_t r = 5; r < kRows; r += 13) truncated[r] = 1;
  in_any_order([&] {
    Array<float> advantage = unset(kRows), returns = unset(kRows);
    const int blocks = advantage_blocks(kEnvs);
    Array<double> partial(2 * static_cast<std::size_t>(blocks));
    launch_advantages({reward.get(), value.get(), next.get(), terminated.get(), truncated.get(),
                       0.98f, 0.9f, kSteps, kEnvs, advantage.get(), returns.get(), partial.get()},
                      nullptr);
    EXPECT_FLOAT_EQ(advantage[kRows - 1], returns[kRows - 1] - value[kRows - 1]);
    launch_normalise(advantage.get(), kRows, partial.get(), blocks, nullptr);
    double sum = 0, squares = 0;
    for (const float a : advantage.values()) sum += a, squares += double{a} * a;
    EXPECT_NEAR(sum / kRows, 0, 1e-5);
    EXPECT_NEAR(squares / (kRows - 1), 1, 1e-4);
    return advantage.values();
  });
}

TEST(LearnerKernels, AStepOfTiedParametersFillsTheDenseOnesInAnyOrderOfBlocks) {
  constexpr int kFree = 1500, kDense = 2 * kFree, kSlices = 11;
  Array<std::int64_t> first(kFree), second(kFree);
  Array<float> sign(kFree);
  for (int i = 0; i < kFree; ++i) {
    const auto at = static_cast<std::size_t>(i);
    first[at] = i;
    second[at] = kDense - 1 - i;
    sign[at] = static_cast<float>(i % 3 - 1);
  }
  const TyingArgs tying{first.get(), second.get(), sign.get()};
  Array<float> slices = numbers(kSlices * kDense), losses = numbers(kSlices * 4), entropy(1, 0.01f),
               start = numbers(kFree);
  in_any_order([&] {
    Array<float> gradient = unset(kFree), sums = unset(4);
    launch_reduce({tying, kFree, kDense, kSlices, slices.get(), losses.get(), kDense - 2,
                   entropy.get(), 1.0f, 0.5f, gradient.get(), sums.get()},
                  nullptr);
    for (const std::size_t i : {std::size_t{0}, std::size_t{701}, std::size_t{kFree - 1}}) {
      double sum = 0;
      for (std::size_t s = 0; s < kSlices; ++s)
        sum += slices[s * kDense + i] + sign[i] * slices[s * kDense + kDense - 1 - i];
      EXPECT_NEAR(gradient[i], sum, 1e-5);
    }
    Array<float> parameters(kFree), m(kFree, 0.0f), v(kFree, 0.0f), dense(kDense, 0.0f);
    for (std::size_t i = 0; i < kFree; ++i) parameters[i] = start[i];
    Array<float> rate(1, 0.01f), counts(2, 0.0f), norm = unset(1);
    Array<std::uint32_t> arrivals(1, 0);
    launch_adam({tying,
                 kFree,
                 gradient.get(),
                 parameters.get(),
                 m.get(),
                 v.get(),
                 {rate.get(), counts.get(), counts.get() + 1, arrivals.get()},
                 1.0f,
                 norm.get(),
                 nullptr,
                 nullptr,
                 nullptr,
                 1.5f,
                 0.0f,
                 1.0f,
                 kFree,
                 0.0f,
                 0.0f,
                 dense.get()},
                nullptr);
    EXPECT_EQ(arrivals[0], 0u);
    EXPECT_EQ(counts[0], 1.0f);
    for (std::size_t i = 0; i < kFree; ++i) {
      // Adam's first step is the learning rate, against the gradient's sign.
      if (std::abs(gradient[i]) > 1e-2f) {
        EXPECT_NEAR(parameters[i], start[i] - std::copysign(0.01f, gradient[i]), 1e-4);
      }
      EXPECT_EQ(dense[i], parameters[i]);
      EXPECT_EQ(dense[kDense - 1 - i], sign[i] * parameters[i]);
    }
    return parameters.values();
  });
}

TEST(LearnerKernels, MomentsOfABatchBecomeTheStatisticsWhereThereWereNone) {
  constexpr int kRows = 301, kColumns = 35;
  Array<float> x = numbers(kRows * kColumns);
  in_any_order([&] {
    Array<float> scale_mean(kColumns, 0.0f), inv_std = unset(kColumns), offset = unset(kColumns);
    Array<double> partial(2 * kColumns * static_cast<std::size_t>(moment_blocks(kRows)));
    Array<double> count(1, 0.0), mean(kColumns, 0.0), m2(kColumns, 0.0);
    const MomentArgs batch{{x.get(), false}, kRows, kColumns, scale_mean.get(), partial.get()};
    launch_moments(batch, nullptr);
    launch_merge({batch, nullptr, nullptr, count.get(), mean.get(), m2.get(), scale_mean.get(),
                  inv_std.get(), offset.get(), 0.1},
                 nullptr);
    EXPECT_EQ(count[0], kRows);
    for (std::size_t c = 0; c < kColumns; ++c) {
      double sum = 0, squares = 0;
      for (std::size_t r = 0; r < kRows; ++r) sum += x[r * kColumns + c];
      for (std::size_t r = 0; r < kRows; ++r)
        squares += std::pow(x[r * kColumns + c] - sum / kRows, 2);
      EXPECT_NEAR(mean[c], sum / kRows, 1e-12);
      EXPECT_NEAR(m2[c], squares, 1e-9);
      EXPECT_FLOAT_EQ(inv_std[c], static_cast<float>(1 / std::sqrt(squares / kRows)));
    }
    return inv_std.values();
  });
}

}  // namespace
}  // namespace kennel::testing
