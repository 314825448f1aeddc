#include "kennel/judge/episode.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace kennel::judge {
namespace {

double square(double x) { return x * x; }

bool all_finite(const mjtNum* values, int count) {
  return std::all_of(values, values + count, [](mjtNum x) { return std::isfinite(x); });
}

bool has_diverged(const mjModel& model, const mjData& data) {
  return !all_finite(data.qpos, model.nq) || !all_finite(data.qvel, model.nv) ||
         data.warning[mjWARN_BADQPOS].number > 0 || data.warning[mjWARN_BADQVEL].number > 0 ||
         data.warning[mjWARN_BADQACC].number > 0;
}

/// Of what moves, N.
double weight_of(const mjModel& model, const RobotIndex& robot) {
  double mass = 0.0;
  for (int body = 0; body < model.nbody; ++body)
    if (robot.link_of[body] >= 0) mass += model.body_mass[body];
  return mass * mju_norm3(model.opt.gravity);
}

}  // namespace

bool is_fall(const RobotContract& robot, const mjData& data, double floor_height) {
  return base_tilt(data) > robot.fall_tilt || data.qpos[2] - floor_height < robot.fall_height;
}

EpisodePlayer::EpisodePlayer(const JudgeModel& judge, const PolicyFile& policy, Physics physics)
    : told_(policy),
      clock_(policy, judge.nominal->opt.timestep),
      walking_speed_(speed_scale(policy) * kWalkingSpeed),
      world_(make_world(physics, judge, policy)),
      controller_(policy, judge) {}

void EpisodePlayer::decide(const EpisodePlan& plan, const EpisodeRandom& random, int step,
                           EpisodeStats& stats, const StepObserver& observer) {
  const Delays delays = controller_.delays_of(plan);
  const Command& command = plan.commands[clock_.times_due(step, kCommandTime)];
  const auto previous_action = controller_.action();
  controller_.decide(world_->data(), command, delays, plan.noise ? &random : nullptr, step);
  const auto& action = controller_.action();
  const Joints& target = controller_.target(0, delays);
  for (int joint = 0; joint < kPolicyJoints; ++joint) {
    stats.action_rate_sq += square(action[joint] - previous_action[joint]);
    stats.target_rate_sq += square(target[joint] - target_[joint]);
    if (!std::isfinite(action[joint])) stats.diverged = true;
  }
  target_ = target;
  if (observer)
    observer({step, *world_, command, controller_.imu(), controller_.obs(), action, target});
}

void EpisodePlayer::advance(const Delays& delays, EpisodeStats& stats) {
  const mjData& data = world_->data();
  const RobotIndex& robot = world_->robot();
  sums_ = {};
  for (int substep = 0; substep < clock_.decimation(); ++substep) {
    if (substep > 0) controller_.sense(data);
    world_->step(controller_.target(substep, delays));
    for (int joint = 0; joint < kPolicyJoints; ++joint) {
      const double torque = data.actuator_force[robot.actuator[joint]];
      stats.torque_sq += square(torque);
      // The step moves the joint with its new velocity.
      sums_.work += std::abs(torque * data.qvel[robot.dof[joint]]) * clock_.physics_dt();
    }
    for (const Foot& foot : world_->feet()) {
      if (!foot.touches) continue;
      sums_.stance += clock_.physics_dt();
      sums_.slip_path += foot.slip * clock_.physics_dt();
    }
  }
  ++stats.steps;
  stats.diverged = has_diverged(world_->model(), data);
  stats.fell = stats.diverged || is_fall(world_->contract(), data, world_->floor_height());
}

void EpisodePlayer::count_gait(const EpisodePlan& plan, int step, EpisodeStats& stats) {
  const mjData& data = world_->data();
  const bool counts = clock_.is_past(step, kUnscoredTime);
  for (int foot = 0; foot < kNumLegs; ++foot) {
    const bool touches = world_->feet()[foot].touches;
    if (counts && touches && !touched_[foot]) ++stats.touch_downs;
    touched_[foot] = touches;
  }
  if (counts) {
    stats.gait_time += clock_.control_dt();
    stats.slip_path += sums_.slip_path;
    stats.stance += sums_.stance;
  }
  way_work_ += sums_.work;
  if (!clock_.is_due(step + 1, kWayTime)) return;
  const Command& command = plan.commands[clock_.times_due(step, kCommandTime)];
  if (counts && told_.speed(command) >= walking_speed_) {
    stats.work += way_work_;
    const double way = std::hypot(data.qpos[0] - way_start_[0], data.qpos[1] - way_start_[1]);
    stats.way += way;
    stats.way_time += (step + 1 - way_step_) * clock_.control_dt();
    stats.carried += weight_ * way;
  }
  way_work_ = 0.0;
  way_step_ = step + 1;
  way_start_ = {data.qpos[0], data.qpos[1]};
}

void EpisodePlayer::score(const EpisodePlan& plan, int step, EpisodeStats& stats) {
  const mjData& data = world_->data();
  const int first = clock_.steps_until(kUnscoredTime);
  if (step + 1 == first) drift_start_ = {data.qpos[0], data.qpos[1]};
  if (step + 1 > first) {
    const double seconds = (step + 1 - first) * clock_.control_dt();
    stats.drift_speed =
        std::hypot(data.qpos[0] - drift_start_[0], data.qpos[1] - drift_start_[1]) / seconds;
  }
  const int at = clock_.times_due(step, kCommandTime);
  if (!clock_.is_past(step, at * kCommandTime + kUnscoredTime)) return;
  const Command& command = plan.commands[at];
  const Command did = told_.measure(data, world_->floor_height());
  ++stats.scored_steps;
  stats.pair_error_sq += square(did[0] - command[0]) + square(did[1] - command[1]);
  stats.third_error_sq += square(did[2] - command[2]);
}

EpisodeStats EpisodePlayer::play(const EpisodePlan& plan, const EpisodeRandom& random,
                                 const StepObserver& observer) {
  EpisodeStats stats;
  stats.standing = plan.standing;
  stats.decimation = clock_.decimation();
  stats.control_dt = clock_.control_dt();
  stats.drift_speed = std::numeric_limits<double>::quiet_NaN();
  world_->start(plan);
  weight_ = weight_of(world_->model(), world_->robot());
  controller_.reset(world_->model(), world_->data());
  for (int joint = 0; joint < kPolicyJoints; ++joint)
    target_[joint] = world_->data().qpos[world_->robot().qpos[joint]];
  touched_.fill(false);
  way_work_ = 0.0;
  way_step_ = 0;
  way_start_ = {};
  const int num_steps = clock_.steps_until(kEpisodeTime);
  for (int step = 0; step < num_steps; ++step) {
    if (clock_.is_due(step, kPushTime)) {
      const auto& push = plan.pushes[clock_.times_due(step, kPushTime) - 1];
      world_->push(push[0], push[1]);
    }
    decide(plan, random, step, stats, observer);
    if (stats.diverged) {
      stats.fell = true;
      break;
    }
    advance(controller_.delays_of(plan), stats);
    if (stats.fell) break;
    score(plan, step, stats);
    count_gait(plan, step, stats);
  }
  return stats;
}

}  // namespace kennel::judge
