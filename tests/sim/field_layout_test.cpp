// A GPU's fields back into one environment's state.
#include "kennel/batch/field_layout.h"

#include <gtest/gtest.h>

#include <cstring>

namespace kennel {
namespace {

using OneLeg = LegThread<NoExchange>;
using State = quadruped::EnvState<float, OneLeg>;

/// What the four threads of an environment store, alone in memory.
EnvFields stored(const State (&legs)[kNumLegs]) {
  using Layout = FieldLayout<OneLeg>;
  EnvFields fields{};
  for (int leg = 0; leg < kNumLegs; ++leg) {
    std::size_t base = 0, own = Layout::kBaseFields + leg;
    for (std::size_t f = 0; f < Layout::kFields; ++f) {
      std::size_t& at = Layout::is_leg(f) ? own : base;
      std::memcpy(&fields[at], reinterpret_cast<const char*>(&legs[leg]) + 4 * f, 4);
      at += Layout::is_leg(f) ? kNumLegs : 1;
    }
  }
  return fields;
}

TEST(FieldLayout, FourLegsAndABaseMakeOneState) {
  State legs[kNumLegs] = {};
  for (int leg = 0; leg < kNumLegs; ++leg) {
    const auto l = static_cast<float>(leg);
    State& s = legs[leg];
    s.physics.position.z = 0.17f;
    s.physics.ang_acc.z = 3.0f;
    s.env_id = 99;
    s.episode_return = 4.0f;
    s.imu_tilt.z = 5.0f;
    s.params.base_mass = 6.0f;
    s.params.armature = 7.0f;
    s.physics.leg[0].q[0] = 10 + l;
    s.physics.leg[0].qacc[2] = 20 + l;
    s.leg[0].action[0][0] = 30 + l;
    s.leg[0].air_time = 40 + l;
    s.params.leg[0].mass[0] = 50 + l;
    s.params.leg[0].sphere_weight[1] = 60 + l;
  }
  const quadruped::EnvState<float, AllLegs> state = state_from(stored(legs));
  EXPECT_EQ(state.physics.position.z, 0.17f);
  EXPECT_EQ(state.physics.ang_acc.z, 3.0f);
  EXPECT_EQ(state.env_id, 99u);
  EXPECT_EQ(state.episode_return, 4.0f);
  EXPECT_EQ(state.imu_tilt.z, 5.0f);
  EXPECT_EQ(state.params.base_mass, 6.0f);
  EXPECT_EQ(state.params.armature, 7.0f);
  for (int leg = 0; leg < kNumLegs; ++leg) {
    const auto l = static_cast<float>(leg);
    EXPECT_EQ(state.physics.leg[leg].q[0], 10 + l);
    EXPECT_EQ(state.physics.leg[leg].qacc[2], 20 + l);
    EXPECT_EQ(state.leg[leg].action[0][0], 30 + l);
    EXPECT_EQ(state.leg[leg].air_time, 40 + l);
    EXPECT_EQ(state.params.leg[leg].mass[0], 50 + l);
    EXPECT_EQ(state.params.leg[leg].sphere_weight[1], 60 + l);
  }
}

}  // namespace
}  // namespace kennel
