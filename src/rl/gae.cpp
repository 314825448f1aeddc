#include "kennel/rl/gae.h"

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

void normalise_advantages(torch::Tensor& advantage, const Collective& all) {
  constexpr double kTiny = 1e-8;
  if (all.size() == 1) {
    advantage.sub_(advantage.mean()).div_(advantage.std().add_(kTiny));
    return;
  }
  const torch::Tensor own_mean = advantage.mean();
  torch::Tensor mean = own_mean.clone();
  all.mean(mean);
  // A rank's variance about the common mean. Each takes the one from its own count that makes a
  // sample's variance unbiased, so that ranks with equal numbers have the deviation of one of them.
  const auto rows = static_cast<double>(advantage.numel());
  torch::Tensor variance =
      (own_mean - mean).square_().mul_(rows / (rows - 1)).add_(advantage.var());
  all.mean(variance);
  advantage.sub_(mean).div_(variance.sqrt_().add_(kTiny));
}

}  // namespace kennel
