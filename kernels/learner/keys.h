// Random numbers by key inside a kernel, as include/kennel/lanes/keyed_rows.h has them on the host:
// the same bits.
#pragma once

#include "kennel/core/epoch_order.h"
#include "kennel/core/normal.h"
#include "kernels/learner/learner_args.h"

namespace kennel {

KENNEL_HD std::uint32_t low_word(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
KENNEL_HD std::uint32_t high_word(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }

/// The rollout's row that stands at a place of an epoch's order.
KENNEL_HD std::int64_t row_at(const KeyedSteps& at, int epoch, const EpochOrder& order,
                              std::int64_t place) {
  const EpochPlace from = place_of(order, static_cast<std::uint32_t>(place));
  const Permutation permutation =
      shard_permutation(order, from.shard, at.key, static_cast<std::uint64_t>(*at.steps), epoch);
  return rollout_row(order, from.shard, permuted(permutation, from.row));
}

/// Four standard normal numbers of an environment, `step` control steps on.
KENNEL_HD Normal4<float> normal_at(const KeyedSteps& at, std::int64_t step, std::uint32_t env,
                                   int four) {
  const auto steps = static_cast<std::uint64_t>(*at.steps + step);
  return normal4<float>(philox4x32<std::uint32_t>(env, low_word(steps), high_word(steps),
                                                  static_cast<std::uint32_t>(four),
                                                  low_word(at.key), high_word(at.key)));
}

}  // namespace kennel
