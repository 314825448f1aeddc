// What ranks hold a part of each, as one.
#pragma once

#include <torch/types.h>

#include "kennel/contract/vec_env.h"
#include "kennel/rl/collective.h"

namespace kennel {

/// Every rank's x one after the other along dimension 0, on the CPU, bit for bit, on all ranks.
/// \param x  of any number type; of the same shape on every rank but for dimension 0
torch::Tensor rows_of_all(const torch::Tensor& x, const Collective& all);

/// This rank's rows of what `rows_of_all` gave.
/// \param own  as many rows as `x` had
torch::Tensor own_rows(const torch::Tensor& of_all, std::int64_t own, const Collective& all);

/// The state of all ranks' environments, as one rank with all of them would save it.
torch::Tensor state_of_all(const VecEnv& env, const Collective& all);

/// Takes its own part of such a state.
/// \throws Error as VecEnv::load_state does
void load_state_of_all(VecEnv& env, const torch::Tensor& state, const Collective& all);

}  // namespace kennel
