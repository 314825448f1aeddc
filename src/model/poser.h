// Forward kinematics by MuJoCo: where feet are under given joint angles.
#pragma once

#include <memory>

#include "src/model/feet.h"

namespace kennel {

/// Where a leg's hinges and foot are in the base's frame.
struct LegPose {
  mjtNum hip[3], knee[3], foot[3];  // hip: the second hinge; m
};

class Poser {
 public:
  Poser(const mjModel& model, const Skeleton& bones, const std::array<Foot, kNumLegs>& all_feet)
      : m(model), skeleton(bones), feet(all_feet), data_(mj_makeData(&model)) {
    mju_zero(data_->qpos, 7);
    data_->qpos[3] = 1;
  }

  /// The twelve joint angles, to be written   [rad]
  mjtNum* joints() { return data_->qpos + 7; }
  LegPose pose(int leg);
  /// The robot's centre of mass, forward of the base's origin   [m]
  mjtNum com_x();

  const mjModel& m;
  const Skeleton& skeleton;
  const std::array<Foot, kNumLegs>& feet;

 private:
  struct Delete {
    void operator()(mjData* d) const { mj_deleteData(d); }
  };
  std::unique_ptr<mjData, Delete> data_;
};

}  // namespace kennel
