// The environment's random numbers: what each is for, and how it is keyed.
#pragma once

#include "envs/quadruped/state.h"
#include "kennel/core/philox.h"

namespace kennel::quadruped {

/// A number's purpose; the low byte of the last counter word. Blocks of four numbers are counted
/// above it.
enum class Purpose : std::uint32_t {
  kReset = 1,
  kCommand,
  kPush,
  kNoise,
  kLatency,
  kPushPhase,
  kFirstClock,
  kTrotClock,
};

struct Seed {
  std::uint32_t low, high;
};

/// Four times 32 random bits per lane.
template <class T>
KENNEL_HD Random4<uint_of<T>> bits4(const Seed& seed, const uint_of<T>& env_id,
                                    const uint_of<T>& episode, const uint_of<T>& step,
                                    Purpose purpose, int block) {
  using U = uint_of<T>;
  return philox4x32<U>(
      env_id, episode, step,
      U(static_cast<std::uint32_t>(purpose) + (static_cast<std::uint32_t>(block) << 8)), seed.low,
      seed.high);
}

/// Four uniform numbers in [0, 1) per lane.
template <class T>
struct Uniform4 {
  T x[4];
};

template <class T>
KENNEL_HD Uniform4<T> uniform4(const Seed& seed, const uint_of<T>& env_id,
                               const uint_of<T>& episode, const T& step, Purpose purpose,
                               int block) {
  const auto r = bits4<T>(seed, env_id, episode, to_uint(step), purpose, block);
  return {{unit_interval<T>(r.x[0]), unit_interval<T>(r.x[1]), unit_interval<T>(r.x[2]),
           unit_interval<T>(r.x[3])}};
}

/// A whole number, uniform in [0, count), that an episode keeps: it follows from the episode's key
/// alone and is drawn again where it is needed. Integer arithmetic, so it is the same number
/// everywhere, however a compiler contracts.
/// \param count  a whole number below 2^24
template <class T>
KENNEL_HD uint_of<T> whole_below(float count, const Seed& seed, const uint_of<T>& env_id,
                                 const uint_of<T>& episode, Purpose purpose) {
  using U = uint_of<T>;
  const auto r = bits4<T>(seed, env_id, episode, U(0u), purpose, 0);
  return mul_hi(r.x[0], U(static_cast<std::uint32_t>(count)));
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

}  // namespace kennel::quadruped
