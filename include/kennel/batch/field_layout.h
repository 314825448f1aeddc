// Where an environment's fields are in device memory: SoA, field f of environment e at f * stride +
// e, and for what each leg has its own of, 4 legs side by side: f * 4 stride + 4 e + leg. Both are
// coalesced for four threads an environment.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "envs/quadruped/state.h"
#include "kennel/dynamics/leg_thread.h"

namespace kennel {

/// EnvState for one leg, and which of its fields are the leg's own.
template <class Legs>
struct FieldLayout {
  using State = quadruped::EnvState<float, Legs>;
  using Physics = decltype(State::physics);
  using Params = decltype(State::params);
  static constexpr std::size_t kFields = sizeof(State) / 4;

  /// Whether a field lies in one of the three arrays of legs.
  KENNEL_HD static constexpr bool is_leg(std::size_t field) {
    return inside(field, offsetof(State, physics) + offsetof(Physics, leg), sizeof(Physics::leg)) ||
           inside(field, offsetof(State, params) + offsetof(Params, leg), sizeof(Params::leg)) ||
           inside(field, offsetof(State, leg), sizeof(State::leg));
  }

  static constexpr std::size_t kLegFields =
      (sizeof(Physics::leg) + sizeof(Params::leg) + sizeof(State::leg)) / 4;
  static constexpr std::size_t kBaseFields = kFields - kLegFields;
  static constexpr std::size_t kFieldsPerEnv = kBaseFields + kNumLegs * kLegFields;

 private:
  KENNEL_HD static constexpr bool inside(std::size_t field, std::size_t first_byte,
                                         std::size_t bytes) {
    return 4 * field >= first_byte && 4 * field < first_byte + bytes;
  }
};

/// The layout of a state of all legs.
template <class All>
using LayoutOf =
    FieldLayout<std::conditional_t<kPointsOnBase<All>, ManyPoints<LegThread<NoExchange>>,
                                   LegThread<NoExchange>>>;

/// One environment's state as the device lays it out, with nothing between its fields; the last
/// ones unused where its robot has few points.
using EnvFields = std::array<std::uint32_t, LayoutOf<ManyPoints<AllLegs>>::kFieldsPerEnv>;

/// \tparam All  AllLegs or ManyPoints<AllLegs>
template <class All = AllLegs>
quadruped::EnvState<float, All> state_from(const EnvFields& fields) {
  using Layout = LayoutOf<All>;
  std::array<std::uint32_t, Layout::kFieldsPerEnv> words{};
  static_assert(sizeof(quadruped::EnvState<float, All>) == sizeof words);
  std::size_t out = 0, base = 0, leg = Layout::kBaseFields;
  for (std::size_t field = 0; field < Layout::kFields;) {
    if (!Layout::is_leg(field)) {
      words[out++] = fields[base++];
      ++field;
      continue;
    }
    std::size_t run = 0;  // fields of this array of legs; between two such arrays are others
    while (field + run < Layout::kFields && Layout::is_leg(field + run)) ++run;
    for (std::size_t k = 0; k < run; ++k)
      for (std::size_t l = 0; l < kNumLegs; ++l) words[out + l * run + k] = fields[leg++];
    out += kNumLegs * run;
    field += run;
  }
  return std::bit_cast<quadruped::EnvState<float, All>>(words);
}

/// An environment's frame history in device memory: a row of its own behind all state fields, so
/// that a warp moves its environments' rows as they lie (warp_rows.h).
class HistoryMemory {
 public:
  static constexpr int kFrames = quadruped::FrameHistory<float>::kFrames;
  static constexpr std::size_t kFieldsPerEnv = kFrames * quadruped::kFrameSize;

  /// \param memory  a row of kFieldsPerEnv numbers for each environment
  KENNEL_HD HistoryMemory(float* memory, int env) : row_(memory + env * kFieldsPerEnv) {}

  KENNEL_HD float& at(int age, int i) const { return row_[age * quadruped::kFrameSize + i]; }

 private:
  float* row_;
};

}  // namespace kennel
