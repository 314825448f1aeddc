// Running statistics against those of all samples at once.
#include "kennel/rl/normaliser.h"

#include <gtest/gtest.h>

#include <limits>

namespace kennel {
namespace {

TEST(Normaliser, BatchesOfAnySizeGiveTheMomentsOfAllSamplesTogether) {
  torch::manual_seed(1);
  const torch::Tensor all = torch::randn({3000, 6}) * 3 + torch::arange(6) * 100;
  WorkerPool pool(2);
  Normaliser normaliser(6, true, nullptr, torch::kCPU, cpu_ops());
  normaliser.update(pool, all.narrow(0, 0, 1));
  normaliser.update(pool, all.narrow(0, 1, 1299));
  normaliser.update(pool, all.narrow(0, 1300, 1700));
  const torch::Tensor exact = all.to(torch::kFloat64);
  EXPECT_TRUE(torch::allclose(normaliser.mean().to(torch::kFloat64), exact.mean(0), 1e-6, 1e-6));
  EXPECT_TRUE(torch::allclose(1 / normaliser.inv_std().to(torch::kFloat64),
                              exact.std(0, /*unbiased=*/false), 1e-5, 1e-6));
}

TEST(Normaliser, AppliesZeroMeanAndUnitVariance) {
  torch::manual_seed(2);
  const torch::Tensor x = torch::randn({4000, 3}) * 5 - 7;
  WorkerPool pool(1);
  Normaliser normaliser(3, true, nullptr, torch::kCPU, cpu_ops());
  normaliser.update(pool, x);
  torch::Tensor y = torch::empty_like(x);
  normaliser.apply(x, y);
  EXPECT_LT(y.mean(0).abs().max().item<float>(), 1e-4f);
  EXPECT_LT((y.std(0) - 1).abs().max().item<float>(), 1e-3f);
}

TEST(Normaliser, StartsAsTheIdentity) {
  const torch::Tensor x = torch::tensor({{1.0f, -2.0f}});
  torch::Tensor y = torch::empty_like(x);
  Normaliser(2, true, nullptr, torch::kCPU, cpu_ops()).apply(x, y);
  EXPECT_TRUE(torch::equal(x, y));
}

TEST(Normaliser, NeverDividesByLessThanATenth) {
  WorkerPool pool(1);
  Normaliser normaliser(1, true, nullptr, torch::kCPU, cpu_ops());
  normaliser.update(pool, torch::full({100, 1}, 4.0f));
  EXPECT_FLOAT_EQ(normaliser.mean()[0].item<float>(), 4.0f);
  EXPECT_FLOAT_EQ(normaliser.inv_std()[0].item<float>(), 10.0f);
}

TEST(Normaliser, ADisabledOneStaysTheIdentity) {
  WorkerPool pool(1);
  Normaliser normaliser(1, false, nullptr, torch::kCPU, cpu_ops());
  normaliser.update(pool, torch::full({100, 1}, 4.0f));
  EXPECT_FLOAT_EQ(normaliser.mean()[0].item<float>(), 0.0f);
  EXPECT_FLOAT_EQ(normaliser.inv_std()[0].item<float>(), 1.0f);
}

TEST(Normaliser, LeavesOutABatchThatIsNotFinite) {
  torch::manual_seed(4);
  const torch::Tensor good = torch::randn({700, 2});
  torch::Tensor bad = torch::randn({700, 2});
  bad[650][1] = std::numeric_limits<float>::quiet_NaN();
  WorkerPool pool(1);
  Normaliser with(2, true, nullptr, torch::kCPU, cpu_ops());
  Normaliser without(2, true, nullptr, torch::kCPU, cpu_ops());
  with.update(pool, good);
  with.update(pool, bad);
  without.update(pool, good);
  EXPECT_TRUE(torch::equal(with.state(), without.state()));
}

TEST(Normaliser, WithAMirrorItHasTheMomentsOfSamplesAndTheirImages) {
  torch::manual_seed(5);
  const Mirror mirror{{1, 0, 2}, {-1, -1, -1}};
  const torch::Tensor x = torch::randn({900, 3}) * torch::tensor({1.0f, 3.0f, 2.0f}) +
                          torch::tensor({1.0f, 5.0f, 2.0f});
  const torch::Tensor image = -x.index_select(1, torch::tensor({1, 0, 2}));
  WorkerPool pool(1);
  Normaliser mirrored(3, true, &mirror, torch::kCPU, cpu_ops());
  mirrored.update(pool, x);
  Normaliser plain(3, true, nullptr, torch::kCPU, cpu_ops());
  plain.update(pool, torch::cat({x, image}));
  EXPECT_TRUE(torch::allclose(mirrored.state(), plain.state(), 1e-5, 1e-3));
}

}  // namespace
}  // namespace kennel
