// Where an environment's fields are in device memory: SoA, field f of environment e at f * stride +
// e, and for what each leg has its own of, 4 legs side by side: f * 4 stride + 4 e + leg. Both are
// coalesced for four threads an environment.
#pragma once

#include <cstddef>
#include <cstdint>

#include "envs/pupper_v3/state.h"

namespace kennel {

/// When a control step first needs a field. What is loaded late holds no registers during the
/// physics.
enum class Stage { kPhysics, kOutcome, kObservation };

/// EnvState for one leg, and which of its fields are the leg's own.
template <class Legs>
struct FieldLayout {
  using State = pupper::EnvState<float, Legs>;
  using Physics = decltype(State::physics);
  using Params = decltype(State::params);
  static constexpr std::size_t kFields = sizeof(State) / 4;

  /// Whether a field lies in one of the three arrays of legs.
  KENNEL_HD static constexpr bool is_leg(std::size_t field) {
    return inside(field, offsetof(State, physics) + offsetof(Physics, leg), sizeof(Physics::leg)) ||
           inside(field, offsetof(State, params) + offsetof(Params, leg), sizeof(Params::leg)) ||
           inside(field, offsetof(State, leg), sizeof(State::leg));
  }

  KENNEL_HD static constexpr Stage stage(std::size_t field) {
    const std::size_t byte = 4 * field;
    if (byte < offsetof(State, command)) return Stage::kPhysics;
    if (byte < offsetof(State, imu_tilt)) return Stage::kOutcome;
    if (byte < offsetof(State, leg)) return Stage::kObservation;
    const std::size_t own = (byte - offsetof(State, leg)) % sizeof(typename State::PerLeg);
    if (own < offsetof(typename State::PerLeg, air_time)) return Stage::kPhysics;
    if (own < offsetof(typename State::PerLeg, history)) return Stage::kOutcome;
    return Stage::kObservation;
  }

  static constexpr std::size_t kLegFields =
      (sizeof(Physics::leg) + sizeof(Params::leg) + sizeof(State::leg)) / 4;
  static constexpr std::size_t kBaseFields = kFields - kLegFields;
  /// Bytes kept for an environment between control steps.
  static constexpr std::size_t kBytesPerEnv = 4 * (kBaseFields + kNumLegs * kLegFields);

 private:
  KENNEL_HD static constexpr bool inside(std::size_t field, std::size_t first_byte,
                                         std::size_t bytes) {
    return 4 * field >= first_byte && 4 * field < first_byte + bytes;
  }
};

}  // namespace kennel
