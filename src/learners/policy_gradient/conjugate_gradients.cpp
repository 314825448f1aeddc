#include "src/learners/policy_gradient/conjugate_gradients.h"

namespace kennel {

torch::Tensor conjugate_gradients(const Multiply& multiply, const torch::Tensor& b, int steps,
                                  double tolerance) {
  torch::Tensor x = torch::zeros_like(b), r = b.clone(), p = b.clone();
  torch::Tensor rr = r.dot(r);  // ()
  const torch::Tensor least = rr * (tolerance * tolerance), zero = torch::zeros_like(rr);
  for (int step = 0; step < steps; ++step) {
    const torch::Tensor running = rr > least;
    const torch::Tensor Ap = multiply(p);
    const torch::Tensor alpha = torch::where(running, rr / p.dot(Ap), zero);
    x.addcmul_(p, alpha);
    r.addcmul_(Ap, alpha, -1);
    const torch::Tensor rr_new = r.dot(r);
    p = r + p * torch::where(running, rr_new / rr, zero);
    rr = rr_new;
  }
  return x;
}

}  // namespace kennel
