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

/// Rows dealt out to minibatches, one more to each of the first ones where they do not divide.
struct DealtRows {
  std::uint32_t each = 0, more = 0;

  /// What the first k minibatches take.
  KENNEL_HD std::uint32_t taken(std::uint32_t k) const { return k * each + (k < more ? k : more); }
};

/// A rollout's rows, row = step * envs + env, minibatch after minibatch, in each of them shard
/// after shard. The last shard may have fewer environments. A shard's rows are shuffled on their
/// own. Made by `epoch_order`: divisions cost a GPU more than all else here.
struct EpochOrder {
  std::uint32_t rows = 1, envs = 1;  // of the rollout, this rank's part of it
  std::uint32_t minibatches = 1;
  std::uint32_t envs_a_shard = 1;
  std::uint32_t shards = 1;
  std::uint32_t first_shard = 0;  // among those of all ranks
  std::uint32_t last_envs = 1;    // of the last shard
  std::uint32_t rows_a_shard = 1, last_rows = 1;
  DealtRows dealt, last_dealt;  // of a shard, of the last one

  KENNEL_HD std::uint32_t envs_of(std::uint32_t shard) const {
    return shard + 1 < shards ? envs_a_shard : last_envs;
  }
  KENNEL_HD std::uint32_t rows_of(std::uint32_t shard) const {
    return shard + 1 < shards ? rows_a_shard : last_rows;
  }

  /// How many of a shard's rows the first k minibatches take.
  KENNEL_HD std::uint32_t taken(std::uint32_t shard, std::uint32_t k) const {
    return shard + 1 < shards ? dealt.taken(k) : last_dealt.taken(k);
  }

  /// Where minibatch k begins; `minibatches` for the end.
  KENNEL_HD std::uint32_t begin(std::uint32_t k) const {
    return (shards - 1) * dealt.taken(k) + last_dealt.taken(k);
  }

  /// Where a shard's rows begin in minibatch k; `shards` for the minibatch's end.
  KENNEL_HD std::uint32_t begin(std::uint32_t k, std::uint32_t shard) const {
    if (shard == shards) return begin(k + 1);
    return begin(k) + shard * (dealt.taken(k + 1) - dealt.taken(k));
  }
};

/// \param steps, envs   of the rollout; fewer than 2^32 rows, which who learns has checked
/// \param first_shard  among those of all ranks
inline EpochOrder epoch_order(std::int64_t steps, std::int64_t envs, std::int64_t minibatches,
                              std::int64_t envs_a_shard, std::int64_t first_shard) {
  const auto word = [](std::int64_t x) { return static_cast<std::uint32_t>(x); };
  const auto deal = [&](std::int64_t rows) {
    return DealtRows{word(rows / minibatches), word(rows % minibatches)};
  };
  const std::int64_t shards = (envs + envs_a_shard - 1) / envs_a_shard;
  const std::int64_t last = envs - (shards - 1) * envs_a_shard;
  return {word(steps * envs), word(envs),
          word(minibatches),  word(envs_a_shard),
          word(shards),       word(first_shard),
          word(last),         word(steps * envs_a_shard),
          word(steps * last), deal(steps * envs_a_shard),
          deal(steps * last)};
}

/// All rows of a batch shuffled as one.
inline EpochOrder one_shard(std::int64_t rows) { return epoch_order(1, rows, 1, rows, 0); }

/// A row's place in an epoch.
struct EpochPlace {
  std::uint32_t shard = 0;
  std::uint32_t row = 0;  // of the shard's, before they are shuffled
};

/// \param at  in order, below order.rows
KENNEL_HD EpochPlace place_of(const EpochOrder& order, std::uint32_t at) {
  const std::uint32_t each = order.rows / order.minibatches;
  std::uint32_t k = each == 0 ? at : at / each;
  if (k >= order.minibatches) k = order.minibatches - 1;
  while (order.begin(k) > at) --k;  // the first ones may be larger
  const std::uint32_t from = at - order.begin(k), last = order.shards - 1;
  const std::uint32_t a_shard = order.dealt.taken(k + 1) - order.dealt.taken(k);
  const std::uint32_t shard = last == 0 || a_shard == 0 ? last
                              : from / a_shard < last   ? from / a_shard
                                                        : last;
  return {shard, order.taken(shard, k) + from - shard * a_shard};
}

/// How a shard's rows are shuffled: a permutation for each number of control steps, epoch and
/// shard.
/// \param epoch  below 4096
KENNEL_HD Permutation shard_permutation(const EpochOrder& order, std::uint32_t shard,
                                        std::uint64_t key, std::uint64_t steps, int epoch) {
  return permutation_of(order.rows_of(shard), static_cast<std::uint32_t>(steps),
                        static_cast<std::uint32_t>(steps >> 32),
                        static_cast<std::uint32_t>(epoch) | (order.first_shard + shard) << 12,
                        static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32));
}

/// The rollout's row that a shard's row `x` is: its steps one after the other.
KENNEL_HD std::uint32_t rollout_row(const EpochOrder& order, std::uint32_t shard, std::uint32_t x) {
  const std::uint32_t envs = order.envs_of(shard);
  return x / envs * order.envs + shard * order.envs_a_shard + x % envs;
}

}  // namespace kennel
