// The order in which a rollout's rows are learnt from, computed from their numbers alone.
//
// Environments stand in shards, and every minibatch takes as much of each. So what a minibatch is
// does not depend on how many ranks share the environments out, as long as each has whole shards.
#pragma once

#include <cstdint>

#include "kennel/core/permutation.h"

namespace kennel {

/// Environments a shard, where ranks may share them out: a multiple of every vector's lanes, and
/// enough that a shard's part of a minibatch is worth a matrix product.
inline constexpr std::int64_t kEnvsAShard = 64;

/// A rollout's rows, row = step * envs + env, minibatch after minibatch, in each of them shard
/// after shard. The last shard may have fewer environments. A shard's rows are shuffled on their
/// own, and minibatch k of m takes those from floor(k rows / m) on.
struct EpochOrder {
  std::int64_t steps = 1, envs = 1;  // of the rollout, this rank's part of it
  std::int64_t minibatches = 1;
  std::int64_t envs_a_shard = 1;
  std::int64_t first_shard = 0;  // among those of all ranks

  KENNEL_HD std::int64_t rows() const { return steps * envs; }
  KENNEL_HD std::int64_t shards() const { return (envs + envs_a_shard - 1) / envs_a_shard; }
  KENNEL_HD std::int64_t envs_of(std::int64_t shard) const {
    const std::int64_t left = envs - shard * envs_a_shard;
    return left < envs_a_shard ? left : envs_a_shard;
  }
  KENNEL_HD std::int64_t rows_of(std::int64_t shard) const { return steps * envs_of(shard); }

  /// How many of a shard's rows the first k minibatches take.
  KENNEL_HD std::int64_t taken(std::int64_t shard, std::int64_t k) const {
    return k * rows_of(shard) / minibatches;
  }

  /// Where minibatch k begins; `minibatches` for the end.
  KENNEL_HD std::int64_t begin(std::int64_t k) const {
    const std::int64_t last = shards() - 1;
    return last * taken(0, k) + taken(last, k);
  }

  /// Where a shard's rows begin in minibatch k; `shards()` for the minibatch's end.
  KENNEL_HD std::int64_t begin(std::int64_t k, std::int64_t shard) const {
    if (shard == shards()) return begin(k + 1);
    return begin(k) + shard * (taken(0, k + 1) - taken(0, k));
  }
};

/// A row's place in an epoch.
struct EpochPlace {
  std::int64_t shard = 0;
  std::int64_t row = 0;  // of the shard's, before they are shuffled
};

/// \param at  in order, below order.rows()
KENNEL_HD EpochPlace place_of(const EpochOrder& order, std::int64_t at) {
  std::int64_t k = at * order.minibatches / order.rows();  // off by one where parts are uneven
  while (k > 0 && order.begin(k) > at) --k;
  while (order.begin(k + 1) <= at) ++k;
  const std::int64_t last = order.shards() - 1, from = at - order.begin(k);
  const std::int64_t each = order.taken(0, k + 1) - order.taken(0, k);
  const std::int64_t shard = each == 0 || from / each > last ? last : from / each;
  return {shard, order.taken(shard, k) + from - shard * each};
}

/// How a shard's rows are shuffled: a permutation for each number of control steps, epoch and
/// shard.
/// \param epoch  below 4096
KENNEL_HD Permutation shard_permutation(const EpochOrder& order, std::int64_t shard,
                                        std::uint64_t key, std::uint64_t steps, int epoch) {
  return permutation_of(static_cast<std::uint32_t>(order.rows_of(shard)),
                        static_cast<std::uint32_t>(steps), static_cast<std::uint32_t>(steps >> 32),
                        static_cast<std::uint32_t>(epoch) |
                            static_cast<std::uint32_t>(order.first_shard + shard) << 12,
                        static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32));
}

/// All rows of a batch shuffled as one.
inline EpochOrder one_shard(std::int64_t rows) { return {1, rows, 1, rows, 0}; }

/// The rollout's row that a shard's row `x` is: its steps one after the other.
KENNEL_HD std::int64_t rollout_row(const EpochOrder& order, std::int64_t shard, std::int64_t x) {
  const std::int64_t envs = order.envs_of(shard);
  return x / envs * order.envs + shard * order.envs_a_shard + x % envs;
}

}  // namespace kennel
