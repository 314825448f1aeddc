// The environment's random numbers: what each is for, and how it is keyed.
#pragma once

#include "envs/pupper_v3/state.h"
#include "kennel/core/philox.h"

namespace kennel::pupper {

/// A number's purpose; the low byte of the last counter word. Blocks of four numbers are counted
/// above it.
enum class Purpose : std::uint32_t { kReset = 1, kCommand, kPush, kNoise, kLatency };

struct Seed {
  std::uint32_t low, high;
};

/// Four uniform numbers in [0, 1) per lane.
template <class T>
struct Uniform4 {
  T x[4];
};

template <class T>
KENNEL_HD Uniform4<T> uniform4(const Seed& seed, const uint_of<T>& env_id,
                               const uint_of<T>& episode, const T& step, Purpose purpose,
                               int block) {
  using U = uint_of<T>;
  const auto r = philox4x32<U>(
      env_id, episode, to_uint(step),
      U(static_cast<std::uint32_t>(purpose) + (static_cast<std::uint32_t>(block) << 8)), seed.low,
      seed.high);
  return {{unit_interval<T>(r.x[0]), unit_interval<T>(r.x[1]), unit_interval<T>(r.x[2]),
           unit_interval<T>(r.x[3])}};
}

template <class T>
KENNEL_HD T within(const Range& range, const T& u) {
  return T(range.low) + T(range.high - range.low) * u;
}

/// Uniform in [-half_width, half_width].
template <class T>
KENNEL_HD T symmetric(float half_width, const T& u) {
  return T(half_width) * (u + u - T(1));
}

/// A latency in whole physics steps.
template <class T>
KENNEL_HD T latency_steps(const Range& seconds, float timestep, const T& u) {
  return round(within(seconds, u) * T(1.0f / timestep));
}

}  // namespace kennel::pupper
