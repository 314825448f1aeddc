#include "src/learners/off_policy/tanh_gaussian.h"

#include <cmath>
#include <numbers>

namespace kennel {
namespace {

// log(1 - tanh(u)^2) = 2 (log 2 - u - log(1 + exp(-2 u))), which has no 1 - 1 in it
torch::Tensor log_slope(const torch::Tensor& u) {
  return (u + torch::softplus(-2 * u)).neg_().add_(std::numbers::ln2).mul_(2);
}

}  // namespace

TanhSample tanh_sample(const torch::Tensor& output, const torch::Tensor& eps,
                       const LogStdBounds& bounds) {
  const std::int64_t actions = eps.size(1);
  const torch::Tensor mean = output.narrow(1, 0, actions);
  const double half = 0.5 * (bounds.high - bounds.low);
  TanhSample out;
  out.bend = output.narrow(1, actions, actions).tanh();
  const torch::Tensor log_std = (out.bend + 1).mul_(half).add_(bounds.low);
  out.std = log_std.exp();
  const torch::Tensor u = torch::addcmul(mean, out.std, eps);
  out.action = u.tanh();
  const double constant = 0.5 * std::log(2 * std::numbers::pi);
  out.log_prob = (eps * eps).mul_(-0.5).sub_(log_std).sub_(constant).sub_(log_slope(u)).sum(1);
  return out;
}

// By u: the action's slope is 1 - a^2, and d(-log(1 - a^2))/du = 2 a. By mu the same; by log sigma
// that times sigma eps, and -1 from the density's own.
torch::Tensor tanh_sample_gradient(const TanhSample& sample, const torch::Tensor& eps,
                                   const torch::Tensor& by_action, const torch::Tensor& by_log_prob,
                                   const LogStdBounds& bounds) {
  const torch::Tensor& a = sample.action;
  const torch::Tensor by_u = by_action * (1 - a * a) + by_log_prob * 2 * a;
  const torch::Tensor by_log_std = by_u * sample.std * eps - by_log_prob;
  const double half = 0.5 * (bounds.high - bounds.low);
  return torch::cat({by_u, by_log_std * (1 - sample.bend * sample.bend) * half}, 1);
}

}  // namespace kennel
