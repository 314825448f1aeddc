#include "kennel/judge/robot_sensors.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>
#include <tuple>

#include "kennel/core/check.h"

namespace kennel::judge {
namespace {

/// What a frame can hold.
enum Sensed {
  kGyro,
  kGravity,
  kCommandAt,
  kDesiredZ,
  kJoints,
  kLastAction,
  kClock,
  kVelocity,
  kJointVelocity,
  kNumSensed
};
struct SensedTerm {
  const char* name;
  int size;
};
constexpr SensedTerm kSensed[kNumSensed] = {{"base_angular_velocity", 3},
                                            {"projected_gravity", 3},
                                            {"command", 3},
                                            {"desired_world_z", 3},
                                            {"joint_position", kPolicyJoints},
                                            {"last_action", kPolicyJoints},
                                            {kTrotClock, 3},
                                            {"base_linear_velocity", 3},
                                            {"joint_velocity", kPolicyJoints}};

constexpr float kObservationLimit = 100.0f;  // the robot's controller clamps to it

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

// v_base = R_wb' v_world
std::array<double, 3> to_base(const mjData& data, const std::array<double, 3>& v_world) {
  std::array<double, 3> v_base;
  std::array<mjtNum, 4> world_to_base;
  mju_negQuat(world_to_base.data(), data.qpos + 3);
  mju_rotVecQuat(v_base.data(), v_world.data(), world_to_base.data());
  return v_base;
}

Imu read_imu(const mjData& data, const std::array<double, 3>& down) {
  return {{data.qvel[3], data.qvel[4], data.qvel[5]}, to_base(data, down)};
}

std::array<double, 3> down_of(const mjModel& model) {
  std::array<double, 3> down{model.opt.gravity[0], model.opt.gravity[1], model.opt.gravity[2]};
  if (mju_normalize3(down.data()) < mjMINVAL) return {0.0, 0.0, -1.0};
  return down;
}

double base_tilt(const mjData& data) {
  const auto up_base = to_base(data, {0.0, 0.0, 1.0});
  return std::atan2(std::hypot(up_base[0], up_base[1]), up_base[2]);
}

ObservationHistory::ObservationHistory(const PolicyFile& policy, const RobotIndex& robot)
    : policy_(policy), robot_(robot), obs_(policy.observation_history * frame_size(policy)) {
  static_assert(std::tuple_size_v<decltype(offset_)> == kNumSensed);
  for (const TermInfo& term : policy.frame) {
    const auto known =
        std::find_if(std::begin(kSensed), std::end(kSensed),
                     [&](const SensedTerm& s) { return std::string_view(s.name) == term.name; });
    KENNEL_CHECK(known != std::end(kSensed) && known->size == term.size, "the policy observes ",
                 term.name, " (", term.size,
                 "), which the judge cannot sense; expected terms like ", kSensed[kGyro].name, " (",
                 kSensed[kGyro].size, ") or ", kSensed[kJoints].name, " (", kSensed[kJoints].size,
                 ")");
    scale_.insert(scale_.end(), term.size, term.scale);
  }
  for (int at = 0; at < kNumSensed; ++at)
    offset_[at] = offset_in_frame(policy, kSensed[at].name).value_or(-1);
  reset();
}

void ObservationHistory::reset() {
  std::fill(obs_.begin(), obs_.end(), 0.0f);
  if (offset_[kGravity] < 0) return;
  for (std::size_t frame = 0; frame < obs_.size(); frame += scale_.size())
    obs_[frame + offset_[kGravity] + 2] = -scale_[offset_[kGravity] + 2];
}

std::span<const float> ObservationHistory::observe(const mjData& data, const Imu& imu,
                                                   const Command& command,
                                                   std::span<const float> last_action,
                                                   const EpisodeRandom* random, int step) {
  const auto frame = static_cast<std::ptrdiff_t>(scale_.size());
  std::copy_backward(obs_.begin(), obs_.end() - frame, obs_.end());
  const auto put = [&](Sensed term, int index, float value) {
    if (offset_[term] >= 0) obs_[offset_[term] + index] = value;
  };
  Imu reading = imu;
  if (random) add_noise(reading, *random, step);
  if (!policy_.use_imu) reading = Imu{};
  for (int axis = 0; axis < 3; ++axis) {
    put(kGyro, axis, static_cast<float>(reading.gyro[axis]));
    put(kGravity, axis, static_cast<float>(reading.gravity[axis]));
    put(kCommandAt, axis, static_cast<float>(command[axis]));
    put(kDesiredZ, axis, axis == 2 ? 1.0f : 0.0f);
  }
  const auto velocity = to_base(data, {data.qvel[0], data.qvel[1], data.qvel[2]});
  const double size2 = command[0] * command[0] + command[1] * command[1] + command[2] * command[2];
  const double told = size2 > 1e-4 ? 1.0 : 0.0,
               angle = 2.0 * mjPI * kTrotHz * policy_.control_dt * step;
  const double clock[3] = {told * std::sin(angle), told * std::cos(angle), told};
  for (int axis = 0; axis < 3; ++axis) {
    put(kVelocity, axis, static_cast<float>(velocity[axis]));
    put(kClock, axis, static_cast<float>(clock[axis]));
  }
  for (int joint = 0; joint < kPolicyJoints; ++joint) {
    put(kJointVelocity, joint, static_cast<float>(data.qvel[robot_.dof[joint]]));
    const double q =
        data.qpos[robot_.qpos[joint]] + (random ? joint_noise(*random, step, joint) : 0.0);
    put(kJoints, joint, static_cast<float>(q) - policy_.default_joint_pos[joint]);
    put(kLastAction, joint, last_action[joint]);
  }
  for (std::ptrdiff_t at = 0; at < frame; ++at)
    obs_[at] = std::clamp(scale_[at] * obs_[at], -kObservationLimit, kObservationLimit);
  return obs_;
}

}  // namespace kennel::judge
