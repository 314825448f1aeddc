#include "kennel/rl/gae.h"

#include "kennel/rl/exact_sum.h"

namespace kennel {

torch::Tensor gae(const AdvantageInput& in, double gamma, double gae_lambda) {
  // where() and not a product: what a terminated step leaves in next_value may be anything, even
  // NaN.
  const torch::Tensor next_value =
      torch::where(in.terminated > 0, torch::zeros({}, in.value.options()), in.next_value);
  torch::Tensor advantage =
      (gamma * next_value).add_(in.reward).sub_(in.value);  // delta, then A in place
  const torch::Tensor done = (in.terminated + in.truncated).clamp_max_(1);
  const torch::Tensor decay = (1 - done).mul_(gamma * gae_lambda);
  for (std::int64_t t = advantage.size(0) - 2; t >= 0; --t) {
    advantage[t].addcmul_(decay[t], advantage[t + 1]);
  }
  return advantage;
}

void normalise_advantages(torch::Tensor& advantage, std::int64_t count, const Collective& all) {
  constexpr double kTiny = 1e-8;
  const ExactMoments of_all = exact_moments(advantage, count, all);
  advantage.sub_(of_all.mean.to(advantage.scalar_type()))
      .div_(of_all.variance.sqrt().add_(kTiny).to(advantage.scalar_type()));
}

}  // namespace kennel
