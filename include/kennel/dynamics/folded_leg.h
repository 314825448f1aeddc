// The leg mapping of a warp for a robot whose constants the compiler knows: no loads, no
// products with zero, no branches on what the robot lacks.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>

#include "kennel/dynamics/leg_thread.h"
#include "kennel/dynamics/state.h"

namespace kennel {

/// A leg's constants, known to the compiler up to which leg it is.
struct FoldedConstants : Leg<float> {
  static constexpr bool kKnown = true;
};

/// LegThread for the robot of `Robot::kConstants` and training's solver; for which robots it stands
/// in is in kennel/batch/folded_fit.h. What differs between the legs, mostly in sign, is selected
/// by the thread's leg.
template <class Exchange, class Robot>
struct FoldedLegThread : LegThread<Exchange> {
  static constexpr bool kKnown = true;
  static constexpr SolverOptions kSolver{};

  KENNEL_HD FoldedConstants constants() const {
    return all_fields(std::make_index_sequence<kFields>{});
  }
  KENNEL_HD const Quadruped<float>& robot() const {
    static constexpr Quadruped<float> kRobot = Robot::kConstants;
    return kRobot;
  }

 private:
  static constexpr std::size_t kFields = sizeof(Leg<float>) / 4;

  /// A field in the four legs. Where only some legs have a zero it is a number too small to matter,
  /// so that `times` in vec3.h, which asks whether a constant is zero, has one answer for all.
  static constexpr std::array<float, kNumLegs> values(std::size_t field) {
    std::array<float, kNumLegs> out{};
    // Words below the smallest normal float are whole numbers and zeros.
    bool a_number = false;
    for (int leg = 0; leg < kNumLegs; ++leg) {
      out[leg] = std::bit_cast<std::array<float, kFields>>(Robot::kConstants.leg[leg])[field];
      a_number = a_number || std::abs(out[leg]) >= 1e-37f;
    }
    for (float& x : out)
      if (x == 0.0f && a_number) x = 1e-30f;
    return out;
  }

  template <std::size_t Field>
  KENNEL_HD void put(FoldedConstants& leg) const {
    constexpr std::array<float, kNumLegs> v = values(Field);
    constexpr auto bits = std::bit_cast<std::array<std::uint32_t, kNumLegs>>(v);
    constexpr bool same_sides = bits[0] == bits[1] && bits[2] == bits[3];
    constexpr bool same_ends = bits[0] == bits[2] && bits[1] == bits[3];
    constexpr float front_right = v[0], front_left = v[1], back_right = v[2], back_left = v[3];
    const bool left = this->leg_index & 1, back = this->leg_index & 2;
    float x = front_right;
    if constexpr (same_ends && !same_sides) x = left ? front_left : front_right;
    if constexpr (same_sides && !same_ends) x = back ? back_right : front_right;
    if constexpr (!same_sides && !same_ends) {
      const float right_one = back ? back_right : front_right;
      const float left_one = back ? back_left : front_left;
      x = left ? left_one : right_one;
    }
    std::memcpy(reinterpret_cast<char*>(&leg) + 4 * Field, &x, sizeof x);
  }

  template <std::size_t... Field>
  KENNEL_HD FoldedConstants all_fields(std::index_sequence<Field...>) const {
    FoldedConstants leg;
    (put<Field>(leg), ...);
    return leg;
  }
};

}  // namespace kennel
