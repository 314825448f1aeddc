// Random numbers and orders by key, on the host: each row's follow from the key and its own number
// alone, so that threads, devices and shares of a batch do not matter.
#pragma once

#include <cstdint>

#include "kennel/core/epoch_order.h"

namespace kennel {

/// noise (num_envs, n) <- standard normal numbers of environments first_env, first_env + 1, ... at
/// a control step of the run
void keyed_noise(std::uint64_t key, std::int64_t first_env, std::int64_t step,
                 std::int64_t num_envs, std::int64_t n, float* noise);

/// out (rows) <- the rollout's rows in the order of an epoch, another one for each step of the run
void keyed_order(std::uint64_t key, std::int64_t step, int epoch, const EpochOrder& order,
                 std::int64_t* out);

}  // namespace kennel
