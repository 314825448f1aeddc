#include "kennel/judge/world.h"

#include <algorithm>
#include <cmath>

#include "kennel_world.h"

namespace kennel::judge {
namespace {

class MujocoWorld final : public World {
 public:
  using World::World;

  void step(const Joints& target) override {
    for (int joint = 0; joint < kPolicyJoints; ++joint)
      data_->ctrl[judge_.robot.actuator[joint]] = target[joint];
    mj_step(model_.get(), data_.get());
    look_at_feet();
  }

 private:
  // Contacts, and the velocities they are compared with, are all of the step's start.
  void look_at_feet() {
    feet_ = {};
    for (int c = 0; c < data_->ncon; ++c) {
      const mjContact& contact = data_->contact[c];
      if (contact.exclude != 0) continue;
      const int a = model_->geom_bodyid[contact.geom[0]], b = model_->geom_bodyid[contact.geom[1]];
      const RobotIndex& robot = judge_.robot;
      if (robot.link_of[a] >= 0 && robot.link_of[b] >= 0) continue;  // not with the floor
      const int link = std::max(robot.link_of[a], robot.link_of[b]);
      const auto& bodies = robot.foot_body;
      const auto foot = std::find(bodies.begin(), bodies.end(), robot.bodies[link]);
      if (foot == bodies.end()) continue;
      feet_[foot - bodies.begin()] = {true, horizontal_speed(*foot, contact.pos)};
    }
  }

  double horizontal_speed(int body, const mjtNum* point) const {
    mjtNum velocity[6];  // angular, then of the body's origin; world axes
    mj_objectVelocity(model_.get(), data_.get(), mjOBJ_XBODY, body, velocity, 0);
    mjtNum arm[3], turning[3];
    mju_sub3(arm, point, data_->xpos + 3 * body);
    mju_cross(turning, velocity, arm);
    return std::hypot(velocity[3] + turning[0], velocity[4] + turning[1]);
  }
};

}  // namespace

World::World(const JudgeModel& judge, const PolicyFile& policy)
    : judge_(judge),
      policy_(policy),
      model_(mj_copyModel(nullptr, judge.nominal.get())),
      data_(mj_makeData(model_.get())) {}

void World::start(const EpisodePlan& plan) {
  plan_ = plan;
  apply_plan(judge_, policy_, plan, model_.get(), data_.get());
  const double height = policy_.start_height + plan.start_lift;
  const double position[3] = {0.0, 0.0, floor_height() + height};
  mju_copy3(data_->qpos, position);
  const mjtNum heading[4] = {std::cos(plan.heading / 2), 0.0, 0.0, std::sin(plan.heading / 2)};
  const mjtNum tilt[3] = {plan.start_roll, plan.start_pitch, 0.0};  // base axes
  mju_copy4(data_->qpos + 3, heading);
  mju_quatIntegrate(data_->qpos + 3, tilt, 1.0);
  for (int joint = 0; joint < kPolicyJoints; ++joint)
    data_->qpos[judge_.robot.qpos[joint]] =
        policy_.default_joint_pos[joint] + plan.start_joint[joint];
  feet_ = {};
  model_changed();
}

void World::move(double x, double y) {
  data_->qpos[0] += x;
  data_->qpos[1] += y;
}

mjData& World::drawable() {
  mj_kinematics(model_.get(), data_.get());
  mj_comPos(model_.get(), data_.get());
  mj_camlight(model_.get(), data_.get());
  return *data_;
}

void World::push(double x, double y) {
  data_->qvel[0] += x;
  data_->qvel[1] += y;
}

void World::set_friction(double friction) {
  plan_.friction = friction;
  judge::set_friction(friction, model_.get());
  model_changed();
}

namespace {

/// Kennel's own physics for a mapping of legs.
template <class Legs>
std::unique_ptr<World> kennel_world(Physics physics, const JudgeModel& judge,
                                    const PolicyFile& policy) {
  if (physics == Physics::kExact) return std::make_unique<ExactWorld<Legs>>(judge, policy);
  return std::make_unique<KennelWorld<Legs>>(judge, policy);
}

}  // namespace

std::unique_ptr<World> make_world(Physics physics, const JudgeModel& judge,
                                  const PolicyFile& policy) {
  if (physics == Physics::kMujoco) return std::make_unique<MujocoWorld>(judge, policy);
  return has_many_points(judge.kennel.model)
             ? kennel_world<ManyPoints<AllLegs>>(physics, judge, policy)
             : kennel_world<AllLegs>(physics, judge, policy);
}

}  // namespace kennel::judge
