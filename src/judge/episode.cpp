#include "episode.h"

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

}  // namespace

bool is_fall(const mjData& data) {
  return base_tilt(data) > kFallTilt || data.qpos[2] < kFallHeight;
}

EpisodePlayer::EpisodePlayer(const JudgeModel& judge, const PolicyFile& policy)
    : judge_(judge),
      policy_(policy),
      model_(mj_copyModel(nullptr, judge.nominal.get())),
      data_(mj_makeData(model_.get())),
      forward_(policy.network),
      history_(policy, judge.robot) {}

void EpisodePlayer::start(const EpisodePlan& plan) {
  apply_plan(judge_, policy_, plan, model_.get(), data_.get());
  const double base[7] = {
      0.0, 0.0, kStartHeight, std::cos(plan.heading / 2), 0.0, 0.0, std::sin(plan.heading / 2)};
  std::copy(std::begin(base), std::end(base), data_->qpos);
  for (int joint = 0; joint < kPolicyJoints; ++joint) {
    target_[joint] = policy_.default_joint_pos[joint];
    data_->qpos[judge_.robot.qpos[joint]] = target_[joint];
  }
  history_.reset();
  previous_imu_ = read_imu(*data_);
  action_.fill(0.0f);
}

// Sensors -> network -> joint targets, as the robot's controller does it.
void EpisodePlayer::decide(const EpisodePlan& plan, const EpisodeRandom& random, int step,
                           EpisodeStats& stats, const StepObserver& observer) {
  const Imu imu = read_imu(*data_);
  const auto obs = history_.observe(*data_, plan.imu_latency ? previous_imu_ : imu,
                                    plan.commands[step / kStepsPerCommand], action_,
                                    plan.noise ? &random : nullptr, step);
  previous_imu_ = imu;
  const auto previous_action = action_;
  const auto output = forward_(obs);
  std::copy(output.begin(), output.end(), action_.begin());
  const auto& applied = plan.action_latency ? previous_action : action_;
  for (int joint = 0; joint < kPolicyJoints; ++joint) {
    const double target =
        std::clamp(policy_.default_joint_pos[joint] + policy_.action_scale[joint] * applied[joint],
                   policy_.joint_lower_limits[joint], policy_.joint_upper_limits[joint]);
    stats.action_rate_sq += square(action_[joint] - previous_action[joint]);
    stats.target_rate_sq += square(target - target_[joint]);
    target_[joint] = target;
    data_->ctrl[judge_.robot.actuator[joint]] = target;
    if (!std::isfinite(action_[joint])) stats.diverged = true;
  }
  if (observer) observer({step, imu, obs, action_, target_});
}

void EpisodePlayer::advance(EpisodeStats& stats) {
  for (int substep = 0; substep < kSubsteps; ++substep) {
    mj_step(model_.get(), data_.get());
    for (int joint = 0; joint < kPolicyJoints; ++joint) {
      stats.torque_sq += square(data_->actuator_force[joint]);
    }
  }
  ++stats.steps;
  stats.diverged = has_diverged(*model_, *data_);
  stats.fell = stats.diverged || is_fall(*data_);
}

void EpisodePlayer::score(const EpisodePlan& plan, int step, EpisodeStats& stats) {
  if (step + 1 == kUnscoredSteps) drift_start_ = {data_->qpos[0], data_->qpos[1]};
  if (step + 1 > kUnscoredSteps) {
    const double seconds = (step + 1 - kUnscoredSteps) * kControlDt;
    stats.drift_speed =
        std::hypot(data_->qpos[0] - drift_start_[0], data_->qpos[1] - drift_start_[1]) / seconds;
  }
  if (step % kStepsPerCommand < kUnscoredSteps) return;
  const Command& command = plan.commands[step / kStepsPerCommand];
  const Command velocity = base_velocity(*data_);
  ++stats.scored_steps;
  stats.velocity_error_sq += square(velocity.vx - command.vx) + square(velocity.vy - command.vy);
  stats.yaw_error_sq += square(velocity.yaw_rate - command.yaw_rate);
}

EpisodeStats EpisodePlayer::play(Condition condition, std::uint64_t seed, int episode) {
  return play(plan_episode(condition, seed, episode), EpisodeRandom(seed, episode));
}

EpisodeStats EpisodePlayer::play(const EpisodePlan& plan, const EpisodeRandom& random,
                                 const StepObserver& observer) {
  EpisodeStats stats;
  stats.standing = plan.standing;
  stats.drift_speed = std::numeric_limits<double>::quiet_NaN();
  start(plan);
  for (int step = 0; step < kEpisodeSteps && !stats.fell; ++step) {
    if (step > 0 && step % kPushEverySteps == 0) {
      const auto& push = plan.pushes[step / kPushEverySteps - 1];
      data_->qvel[0] += push[0];
      data_->qvel[1] += push[1];
    }
    decide(plan, random, step, stats, observer);
    if (stats.diverged) {
      stats.fell = true;
      break;
    }
    advance(stats);
    if (!stats.fell) score(plan, step, stats);
  }
  return stats;
}

}  // namespace kennel::judge
