#include "robot_sensors.h"

#include <algorithm>
#include <cmath>

namespace kennel::judge {
namespace {

constexpr int kGyro = quadruped::offset_in(quadruped::kFrame, "base_angular_velocity");
constexpr int kGravity = quadruped::offset_in(quadruped::kFrame, "projected_gravity");
constexpr int kCommandAt = quadruped::offset_in(quadruped::kFrame, "command");
constexpr int kDesiredZ = quadruped::offset_in(quadruped::kFrame, "desired_world_z");
constexpr int kJoints = quadruped::offset_in(quadruped::kFrame, "joint_position");
constexpr int kLastAction = quadruped::offset_in(quadruped::kFrame, "last_action");
constexpr float kObservationLimit = 100.0f;  // the robot's controller clamps to it

// v_base = R_wb' v_world
std::array<double, 3> to_base(const mjData& data, const std::array<double, 3>& v_world) {
  std::array<double, 3> v_base;
  std::array<mjtNum, 4> world_to_base;
  mju_negQuat(world_to_base.data(), data.qpos + 3);
  mju_rotVecQuat(v_base.data(), v_world.data(), world_to_base.data());
  return v_base;
}

// Noise indices: 32 a step, the gyro first, then gravity, then the joints.
void add_noise(Imu& imu, const EpisodeRandom& random, int step) {
  const auto noise = [&](int index, double size) {
    return random.uniform(EpisodeRandom::kNoise, 32 * step + index, {-size, size});
  };
  for (int axis = 0; axis < 3; ++axis) imu.gyro[axis] += noise(axis, kGyroNoise);
  for (int axis = 0; axis < 3; ++axis) imu.gravity[axis] += noise(3 + axis, kGravityNoise);
  mju_normalize3(imu.gravity.data());
}

double joint_noise(const EpisodeRandom& random, int step, int joint) {
  return random.uniform(EpisodeRandom::kNoise, 32 * step + 6 + joint, {-kJointNoise, kJointNoise});
}

}  // namespace

Imu read_imu(const mjData& data, const std::array<double, 3>& down) {
  return {{data.qvel[3], data.qvel[4], data.qvel[5]}, to_base(data, down)};
}

std::array<double, 3> down_of(const mjModel& model) {
  std::array<double, 3> down{model.opt.gravity[0], model.opt.gravity[1], model.opt.gravity[2]};
  if (mju_normalize3(down.data()) < mjMINVAL) return {0.0, 0.0, -1.0};
  return down;
}

Command base_velocity(const mjData& data) {
  const auto v_base = to_base(data, {data.qvel[0], data.qvel[1], data.qvel[2]});
  return {v_base[0], v_base[1],
          data.qvel[5]};  // MuJoCo keeps a free joint's angular velocity in the body frame
}

double base_tilt(const mjData& data) {
  const auto up_base = to_base(data, {0.0, 0.0, 1.0});
  return std::atan2(std::hypot(up_base[0], up_base[1]), up_base[2]);
}

ObservationHistory::ObservationHistory(const PolicyFile& policy, const RobotIndex& robot)
    : policy_(policy), robot_(robot), obs_(policy.observation_history * kPolicyFrame) {
  reset();
}

void ObservationHistory::reset() {
  std::fill(obs_.begin(), obs_.end(), 0.0f);
  for (std::size_t frame = 0; frame < obs_.size(); frame += kPolicyFrame) {
    obs_[frame + kGravity + 2] = -1.0f;
  }
}

std::span<const float> ObservationHistory::observe(const mjData& data, const Imu& imu,
                                                   const Command& command,
                                                   std::span<const float> last_action,
                                                   const EpisodeRandom* random, int step) {
  std::copy_backward(obs_.begin(), obs_.end() - kPolicyFrame, obs_.end());
  Imu reading = imu;
  if (random) add_noise(reading, *random, step);
  if (!policy_.use_imu) reading = Imu{};
  std::copy(reading.gyro.begin(), reading.gyro.end(), obs_.begin() + kGyro);
  std::copy(reading.gravity.begin(), reading.gravity.end(), obs_.begin() + kGravity);
  obs_[kCommandAt] = static_cast<float>(command.vx);
  obs_[kCommandAt + 1] = static_cast<float>(command.vy);
  obs_[kCommandAt + 2] = static_cast<float>(command.yaw_rate);
  obs_[kDesiredZ] = obs_[kDesiredZ + 1] = 0.0f;
  obs_[kDesiredZ + 2] = 1.0f;
  for (int joint = 0; joint < kPolicyJoints; ++joint) {
    const double q =
        data.qpos[robot_.qpos[joint]] + (random ? joint_noise(*random, step, joint) : 0.0);
    obs_[kJoints + joint] = static_cast<float>(q) - policy_.default_joint_pos[joint];
  }
  std::copy(last_action.begin(), last_action.end(), obs_.begin() + kLastAction);
  for (int at = 0; at < kPolicyFrame; ++at) {
    obs_[at] = std::clamp(obs_[at], -kObservationLimit, kObservationLimit);
  }
  return obs_;
}

}  // namespace kennel::judge
