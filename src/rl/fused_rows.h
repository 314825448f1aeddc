// Row-wise operations on the CPU that torch would do in several passes over memory, each in one.
// torch_ops has the operations that they stand for.
#pragma once

#include <torch/types.h>

#include "kennel/rl/learner_ops.h"

namespace kennel {

/// out[r] <- x[index[r]], with a scaling (x[index[r]] - mean) * inv_std
/// \param x  (any, n) float32, with a scaling also bfloat16, contiguous;  index (rows) int64;
///           out (rows, n)
void gather(const torch::Tensor& x, const torch::Tensor& index, const Scaling* scaling,
            torch::Tensor& out);

/// out[r] <- even and odd parts of (x[r] - mean) * inv_std
/// \param x  (rows, n) float32 or bfloat16, contiguous, no memory of out (rows, n)
void scale_by_parity(const torch::Tensor& x, const Scaling& scaling, const Parity& parity,
                     torch::Tensor& out);

/// x (rows, 2 n) <- u + v, u - v of its halves u and v: of swapped pairs the even and odd parts,
/// and of those twice the pairs.
void exchange_parts_(torch::Tensor& x);

/// x <- tanh x, contiguous; NaN stays NaN
void tanh_in_place(torch::Tensor& x);

/// sum (n) <- the sums of the first n columns of x (rows, n or more), in the order of the rows
void sum_rows(const torch::Tensor& x, torch::Tensor& sum);

}  // namespace kennel
