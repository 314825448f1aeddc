#include "kennel/lanes/keyed_rows.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "kennel/core/check.h"
#include "kennel/core/normal.h"
#include "kennel/core/pack.h"
#include "kennel/core/permutation.h"

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

void keyed_order(std::uint64_t key, std::int64_t step, int epoch, std::int64_t rows,
                 std::int64_t* order) {
  KENNEL_CHECK(rows < std::int64_t{1} << 32, "an iteration of ", rows,
               " steps of all environments is too large to shuffle; expected fewer than 2^32, "
               "take fewer environments");
  const auto at = static_cast<std::uint64_t>(step);
  const Permutation permutation =
      permutation_of(static_cast<std::uint32_t>(rows), low(at), high(at),
                     static_cast<std::uint32_t>(epoch), low(key), high(key));
  std::int64_t row = 0;
  for (; row + kWidth <= rows; row += kWidth) {
    const U to = permuted(permutation, ascending(row));
    for (int lane = 0; lane < kWidth; ++lane) order[row + lane] = to[lane];
  }
  for (; row < rows; ++row) order[row] = permuted(permutation, static_cast<std::uint32_t>(row));
}

}  // namespace kennel
