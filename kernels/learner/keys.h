// Random numbers by key inside a kernel, as include/kennel/lanes/keyed_rows.h has them on the host:
// the same bits.
#pragma once

#include "kennel/core/normal.h"
#include "kennel/core/permutation.h"
#include "kernels/learner/learner_args.h"

namespace kennel {

KENNEL_HD std::uint32_t low_word(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
KENNEL_HD std::uint32_t high_word(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }

/// An epoch's order of rows.
KENNEL_HD Permutation permutation_at(const KeyedSteps& at, int epoch, std::int64_t rows) {
  const auto steps = static_cast<std::uint64_t>(*at.steps);
  return permutation_of(static_cast<std::uint32_t>(rows), low_word(steps), high_word(steps),
                        static_cast<std::uint32_t>(epoch), low_word(at.key), high_word(at.key));
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
