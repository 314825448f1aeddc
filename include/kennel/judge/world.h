// The physics that an episode runs in: MuJoCo's, the training simulator's own, or its equations
// computed as well as they can be.
//
// Whichever moves the robot, its state lies in MuJoCo's data: sensors, scores and drawing read it
// there and need not know.
#pragma once

#include <memory>

#include "kennel/judge/judge_model.h"

namespace kennel::judge {

using Joints = std::array<double, kPolicyJoints>;

/// A foot during a physics step.
struct Foot {
  bool touches = false;
  double slip = 0.0;  // horizontal speed of the contact point, m/s
};

class World {
 public:
  /// Both must outlive the world.
  World(const JudgeModel& judge, const PolicyFile& policy);
  virtual ~World() = default;
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Makes it the robot and floor of a plan: in the policy's default pose, but for the plan's
  /// asymmetry, at rest.
  void start(const EpisodePlan& plan);

  /// Puts the robot elsewhere on the floor, m from where it is.
  void move(double x, double y);

  /// Changes the base's velocity, m/s along the world's x and y.
  void push(double x, double y);

  /// Gives every contact another sliding friction.
  void set_friction(double friction);

  /// Advances a physics step of the model's timestep.
  /// \param target  of the servos, rad, in the policy's joint order
  virtual void step(const Joints& target) = 0;

  const RobotIndex& robot() const { return judge_.robot; }
  const RobotContract& contract() const { return policy_; }
  double floor_height() const { return judge_.kennel.model.floor_height; }  // m, world z
  const mjModel& model() const { return *model_; }

  /// After `step`: qpos and qvel at its end; actuator_force acted during it. What MuJoCo derives
  /// from the positions is that of the step's start, or older.
  const mjData& data() const { return *data_; }

  /// The data with what drawing needs derived from the present positions.
  mjData& drawable();

  /// The feet during the last step.
  const std::array<Foot, kNumLegs>& feet() const { return feet_; }

 protected:
  /// Called when `model_` and `plan_` are another robot's or floor's.
  virtual void model_changed() {}

  const JudgeModel& judge_;
  const PolicyFile& policy_;
  ModelPtr model_;
  DataPtr data_;
  EpisodePlan plan_;  // of the robot and floor as they are
  std::array<Foot, kNumLegs> feet_{};
};

/// \throws Error for a model that Kennel's physics cannot represent, naming what
std::unique_ptr<World> make_world(Physics physics, const JudgeModel& judge,
                                  const PolicyFile& policy);

}  // namespace kennel::judge
