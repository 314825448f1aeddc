// One pass over memory gives what torch's several do.
#include "src/rl/fused_rows.h"

#include <gtest/gtest.h>

#include <cmath>

namespace kennel {
namespace {

Scaling random_scaling(std::int64_t n) {
  Scaling scaling{torch::randn({n}), torch::rand({n}) + 0.5, {}};
  scaling.offset = -scaling.mean * scaling.inv_std;
  return scaling;
}

TEST(FusedRows, GatherIsIndexSelectThenScalingWhateverTheRowsAreMadeOf) {
  torch::manual_seed(1);
  const torch::Tensor index = torch::randint(50, {33}, torch::kInt64);
  const Scaling scaling = random_scaling(19);
  for (const torch::ScalarType type : {torch::kFloat32, torch::kBFloat16}) {
    const torch::Tensor x = torch::randn({50, 19}).to(type);
    const torch::Tensor expected =
        (x.to(torch::kFloat32).index_select(0, index) - scaling.mean) * scaling.inv_std;
    torch::Tensor out = torch::full({33, 19}, NAN);
    gather(x, index, &scaling, out);
    EXPECT_TRUE(torch::equal(out, expected)) << type;
    out.fill_(NAN);
    torch_ops().gather(x, index, &scaling, out);
    EXPECT_TRUE(torch::allclose(out, expected, 1e-5, 1e-6)) << type;
  }
  const torch::Tensor x = torch::randn({50, 19});
  for (const LearnerOps* ops : {&cpu_ops(), &torch_ops()}) {
    torch::Tensor out = torch::full({33, 19}, NAN);
    ops->gather(x, index, nullptr, out);
    EXPECT_TRUE(torch::equal(out, x.index_select(0, index))) << ops->name;
  }
}

TEST(FusedRows, ScaleByParityIsScalingThenEvenAndOddParts) {
  torch::manual_seed(2);
  const Scaling scaling = random_scaling(6);
  const Parity parity({{1, 0, 2, 3, 5, 4}, {-1, -1, -1, 1, 1, 1}});
  for (const torch::ScalarType type : {torch::kFloat32, torch::kBFloat16}) {
    const torch::Tensor x = torch::randn({50, 6}).to(type);
    const torch::Tensor s = (x.to(torch::kFloat32) - scaling.mean) * scaling.inv_std;
    const auto of = [&](int k) { return s.select(1, k); };
    torch::Tensor out = torch::full({50, 6}, NAN);
    scale_by_parity(x, scaling, parity, out);
    EXPECT_TRUE(torch::equal(
        out, torch::stack(
                 {of(0) - of(1), of(4) + of(5), of(3), of(0) + of(1), of(4) - of(5), of(2)}, 1)))
        << type;
  }
}

TEST(FusedRows, ExchangingPartsTwiceDoubles) {
  torch::manual_seed(3);
  const torch::Tensor x = torch::randn({40, 10});
  torch::Tensor parts = x.clone();
  exchange_parts_(parts);
  const torch::Tensor u = x.narrow(1, 0, 5), v = x.narrow(1, 5, 5);
  EXPECT_TRUE(torch::equal(parts, torch::cat({u + v, u - v}, 1)));
  exchange_parts_(parts);
  EXPECT_TRUE(torch::allclose(parts, 2 * x, 1e-5, 1e-6));
}

TEST(FusedRows, SumRowsSumsTheFirstColumns) {
  const torch::Tensor x = torch::randn({40, 17});
  torch::Tensor sum = torch::full({9}, NAN);
  sum_rows(x, sum);
  EXPECT_TRUE(torch::allclose(sum, x.narrow(1, 0, 9).sum(0), 1e-5, 1e-5));
}

TEST(TanhInPlace, IsThatOfDoublePrecisionToAFewUnitsAndKeepsNan) {
  std::vector<float> numbers = {0.0f,      -0.0f, 1e-30f, -1e-6f,   0.625f,
                                -0.62499f, 20.0f, -90.0f, INFINITY, -INFINITY};
  for (int k = -40000; k <= 40000; ++k) numbers.push_back(static_cast<float>(k) * 2.5e-4f);
  numbers.push_back(NAN);
  torch::Tensor x = torch::tensor(numbers);
  tanh_in_place(x);
  for (std::size_t k = 0; k + 1 < numbers.size(); ++k) {
    const double exact = std::tanh(static_cast<double>(numbers[k]));
    ASSERT_LE(std::abs(x.const_data_ptr<float>()[k] - exact), 3 * std::abs(exact) * 0x1p-23)
        << numbers[k];
  }
  EXPECT_TRUE(x[-1].isnan().item<bool>());
}

TEST(TanhInPlace, HasTheSameBitsWhereverANumberLies) {
  torch::manual_seed(1);
  const torch::Tensor x = torch::randn({7, 5});
  torch::Tensor whole = x.clone();
  tanh_in_place(whole);
  for (int row = 0; row < 7; ++row) {
    torch::Tensor one = x[row].clone();
    tanh_in_place(one);
    EXPECT_TRUE(torch::equal(one, whole[row]));
  }
}

}  // namespace
}  // namespace kennel
