#include "kennel/lanes/keyed_rows.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "kennel/core/normal.h"
#include "kennel/core/pack.h"

namespace kennel {
namespace {

using T = NativePack;
using U = uint_of<T>;
constexpr std::int64_t kWidth = kNativeWidth;

std::uint32_t low(std::uint64_t word) { return static_cast<std::uint32_t>(word); }
std::uint32_t high(std::uint64_t word) { return static_cast<std::uint32_t>(word >> 32); }

// first, first + 1, ...
U ascending(std::int64_t first) {
  U out;
  for (int lane = 0; lane < kWidth; ++lane)
    out.set(lane, static_cast<std::uint32_t>(first) + static_cast<std::uint32_t>(lane));
  return out;
}

}  // namespace

void keyed_noise(std::uint64_t key, std::int64_t first_env, std::int64_t step,
                 std::int64_t num_envs, std::int64_t n, float* noise) {
  const auto at = static_cast<std::uint64_t>(step);
  const std::int64_t fours = (n + 3) / 4;
  std::vector<T> columns(static_cast<std::size_t>(4 * fours));  // a lane an environment
  for (std::int64_t row = 0; row < num_envs; row += kWidth) {
    for (std::int64_t four = 0; four < fours; ++four) {
      const auto bits = philox4x32<U>(ascending(first_env + row), U(low(at)), U(high(at)),
                                      U(static_cast<std::uint32_t>(four)), low(key), high(key));
      const Normal4<T> normal = normal4<T>(bits);
      for (int k = 0; k < 4; ++k) columns[static_cast<std::size_t>(4 * four + k)] = normal.x[k];
    }
    for (int lane = 0; lane < std::min(kWidth, num_envs - row); ++lane)
      for (std::int64_t k = 0; k < n; ++k)
        noise[(row + lane) * n + k] = columns[static_cast<std::size_t>(k)][lane];
  }
}

void keyed_order(std::uint64_t key, std::int64_t step, int epoch, const EpochOrder& order,
                 std::int64_t* out) {
  std::vector<std::int64_t> rows;  // a shard's, shuffled
  for (std::uint32_t shard = 0; shard < order.shards; ++shard) {
    const std::int64_t count = order.rows_of(shard);
    const Permutation permutation =
        shard_permutation(order, shard, key, static_cast<std::uint64_t>(step), epoch);
    rows.resize(static_cast<std::size_t>(count));
    std::int64_t x = 0;
    for (; x + kWidth <= count; x += kWidth) {
      const U to = permuted(permutation, ascending(x));
      for (int lane = 0; lane < kWidth; ++lane)
        rows[static_cast<std::size_t>(x + lane)] = rollout_row(order, shard, to[lane]);
    }
    for (; x < count; ++x)
      rows[static_cast<std::size_t>(x)] =
          rollout_row(order, shard, permuted(permutation, static_cast<std::uint32_t>(x)));
    for (std::uint32_t k = 0; k < order.minibatches; ++k)
      std::copy(rows.begin() + order.taken(shard, k), rows.begin() + order.taken(shard, k + 1),
                out + order.begin(k, shard));
  }
}

}  // namespace kennel
