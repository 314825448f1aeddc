// What is known on paper of the linear-quadratic regulator of envs/small/lqr.h.
#pragma once

#include <torch/types.h>

#include "envs/small/lqr.h"

namespace kennel {

/// x' = A x + B u, cost x'Q x + R u^2, u = -K x, x_0 ~ N(0, I). Formulas: Fazel, Ge, Kakade,
/// Mesbahi 2018 (arXiv 1801.05039).
struct Lqr {
  using Task = small::Lqr;
  static constexpr double kR = Task::R;
  static constexpr double kBestK[2] = {7.61295797, 4.58493499}, kBestCost = -Task::kRow.best_return;

  static torch::Tensor A() {
    return torch::tensor({{Task::A[0][0], Task::A[0][1]}, {Task::A[1][0], Task::A[1][1]}},
                         torch::kFloat64);
  }
  static torch::Tensor B() { return torch::tensor({{Task::B[0]}, {Task::B[1]}}, torch::kFloat64); }
  static torch::Tensor Q() {
    return torch::diag(torch::tensor({Task::Q[0], Task::Q[1]}, torch::kFloat64));
  }

  /// The cost matrix of u = -K x: P = Q + K'R K + (A - B K)' P (A - B K), K (1, 2) float64. Where
  /// that does not settle the policy is not stable.
  static torch::Tensor P(const torch::Tensor& K) {
    const torch::Tensor closed = A() - B().mm(K);
    torch::Tensor P = Q();
    for (int step = 0; step < 2000; ++step)
      P = Q() + kR * K.t().mm(K) + closed.t().mm(P).mm(closed);
    return P;
  }
  static double cost(const torch::Tensor& K) { return P(K).trace().item<double>(); }
};

}  // namespace kennel
