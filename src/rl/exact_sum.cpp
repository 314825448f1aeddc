#include "kennel/rl/exact_sum.h"

#include <bit>
#include <cmath>

#include "kennel/lanes/exact_sums.h"

namespace kennel {

// With numbers below 2^e and rounded to 2^(e - bits), `count` of them stay below 2^53 such steps.
torch::Tensor exact_sum(const torch::Tensor& x, std::int64_t count, const Collective& all) {
  const int bits = 51 - std::bit_width(static_cast<std::uint64_t>(count));
  torch::Tensor largest = x.abs().amax(0);
  all.max(largest);
  // 2^e exactly: exp2() of a whole number need not be.
  const torch::Tensor power = largest / std::get<0>(at::frexp(largest));
  const torch::Tensor shift = torch::where(largest > 0, power, torch::ones({}, x.options()))
                                  .mul_(rounding_shift(std::ldexp(1.0, -bits)));
  torch::Tensor sum = (x + shift).sub_(shift).sum(0);
  all.sum(sum);
  return sum;
}

ExactMoments exact_moments(const torch::Tensor& x, std::int64_t count, const Collective& all) {
  const torch::Tensor numbers = x.flatten().to(torch::kFloat64);
  const torch::Tensor sums = exact_sum(torch::stack({numbers, numbers * numbers}, 1), count, all);
  const auto n = static_cast<double>(count);
  const torch::Tensor mean = sums[0] / n;
  return {mean, (sums[1] - mean * sums[0]).div_(n - 1).clamp_min_(0)};
}

}  // namespace kennel
