#include "src/model/stance.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "kennel/core/check.h"
#include "src/model/edit_parts.h"
#include "src/model/poser.h"

namespace kennel {
namespace {

constexpr mjtNum kCrouch = 0.7;  // of the leg's length

/// Puts a leg's joints where it stands, its foot `forward` of the hip   [m]
void stand(Poser& poser, int leg, mjtNum forward) {
  using Angles = std::array<mjtNum, kJointsPerLeg>;
  mjtNum* q = poser.joints() + kJointsPerLeg * leg;
  Angles low, high, best{};
  for (int j = 0; j < kJointsPerLeg; ++j) {
    const int joint = poser.skeleton.joint[kJointsPerLeg * leg + j];
    const bool limited = poser.m.jnt_limited[joint];
    low[j] = std::max(limited ? poser.m.jnt_range[2 * joint] : -2.5, -2.5);
    high[j] = std::min(limited ? poser.m.jnt_range[2 * joint + 1] : 2.5, 2.5);
    q[j] = std::clamp<mjtNum>(0, low[j], high[j]);
  }
  const LegPose straight = poser.pose(leg);
  const mjtNum length = mju_dist3(straight.hip, straight.knee) +
                        mju_dist3(straight.knee, straight.foot) + poser.feet[leg].radius;
  // Below the hip, in the plane in which the shank swings.
  const mjtNum target[3] = {straight.hip[0] + forward, straight.foot[1],
                            straight.hip[2] - kCrouch * length};
  const auto cost = [&](const Angles& angles) {
    std::copy(angles.begin(), angles.end(), q);
    const LegPose p = poser.pose(leg);
    const mjtNum miss = mju_dist3(p.foot, target) / length;
    const mjtNum before = std::max<mjtNum>(0, p.knee[0] - p.hip[0]) / length;
    return miss * miss + 0.01 * before + 1e-4 * mju_dot3(angles.data(), angles.data());
  };
  // The cost has several valleys (a leg turned right over reaches the same point): the best point
  // of each octant of a grid is followed down.
  constexpr int kGrid = 16, kOctants = 8;
  std::array<std::pair<mjtNum, Angles>, kOctants> start;
  start.fill({1e9, {}});
  for (int n = 0; n < kGrid * kGrid * kGrid; ++n) {
    const int at[3] = {n % kGrid, n / kGrid % kGrid, n / (kGrid * kGrid)};
    Angles angles;
    int octant = 0;
    for (int j = 0; j < kJointsPerLeg; ++j) {
      angles[j] = low[j] + (high[j] - low[j]) * at[j] / (kGrid - 1);
      octant |= (2 * at[j] >= kGrid) << j;
    }
    if (const mjtNum c = cost(angles); c < start[octant].first) start[octant] = {c, angles};
  }
  mjtNum least = 1e9;
  for (auto [lowest, at] : start) {
    for (mjtNum step = 0.2; step > 1e-5;) {
      bool better = false;
      for (int move = 0; move < 2 * kJointsPerLeg; ++move) {
        Angles angles = at;
        const int j = move / 2;
        angles[j] = std::clamp(angles[j] + (move % 2 ? step : -step), low[j], high[j]);
        if (const mjtNum c = cost(angles); c < lowest) lowest = c, at = angles, better = true;
      }
      if (!better) step /= 2;
    }
    if (lowest < least) least = lowest, best = at;
  }
  for (int j = 0; j < kJointsPerLeg; ++j) q[j] = std::round(best[j] * 1000) / 1000 + 0.0;
}

/// The keyframes in order of trust.
std::vector<int> candidates(const mjModel& m) {
  std::vector<int> keys;
  for (const char* name : {"home", "stand", "standing"})
    if (const int key = mj_name2id(&m, mjOBJ_KEY, name); key >= 0) keys.push_back(key);
  for (int key = 0; key < m.nkey; ++key)
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
  return keys;
}

/// Whether all feet are about equally far below the base.
bool stands(const std::array<mjtNum, kNumLegs>& soles, mjtNum leg_length) {
  const auto [low, high] = std::minmax_element(soles.begin(), soles.end());
  return *high < -0.3 * leg_length && *high - *low < 0.15 * leg_length;
}

/// The controls that hold a pose: of position servos their targets, of other actuators none.
void hold(const mjModel& m, mjsKey& key, const mjtNum* qpos) {
  std::vector<double> ctrl(m.nu, 0);
  for (int a = 0; a < m.nactuator; ++a)
    if (m.actuator_trntype[a] == mjTRN_JOINT && is_servo(m, a))
      ctrl[m.actuator_ctrladr[a]] = gear(m, a) * qpos[m.jnt_qposadr[m.actuator_trnid[2 * a]]];
  mjs_setDouble(key.ctrl, ctrl.data(), m.nu);
}

}  // namespace

Stance find_stance(const mjModel& m, const Skeleton& skeleton,
                   const std::array<Foot, kNumLegs>& feet, double floor_height) {
  Stance stance;
  Poser poser(m, skeleton, feet);
  std::array<mjtNum, kNumLegs> soles;
  const auto measure = [&] {
    for (int leg = 0; leg < kNumLegs; ++leg)
      soles[leg] = poser.pose(leg).foot[2] - feet[leg].radius;
  };
  const mjtNum length = leg_length(m, skeleton, feet);
  for (const int key : candidates(m)) {
    std::copy_n(m.key_qpos + m.nq * key + 7, kNumJoints, poser.joints());
    measure();
    if (!stands(soles, length)) continue;
    const char* name = mj_id2name(&m, mjOBJ_KEY, key);
    stance.from = name && *name ? text("keyframe '", name, "'") : text("keyframe #", key);
    stance.key = key;
    break;
  }
  if (stance.key < 0) {
    mjtNum forward = 0;  // of all feet, so that they are centred below the centre of mass
    for (int pass = 0; pass < 2; ++pass) {
      for (int leg = 0; leg < kNumLegs; ++leg) stand(poser, leg, forward);
      mjtNum centre = 0;
      for (int leg = 0; leg < kNumLegs; ++leg) centre += poser.pose(leg).foot[0] / kNumLegs;
      forward = std::clamp(poser.com_x() - centre, -0.2 * length, 0.2 * length);
    }
    measure();
    stance.from = "computed";
  }
  stance.qpos[2] = floor_height - *std::min_element(soles.begin(), soles.end());
  stance.qpos[3] = 1;
  std::copy_n(poser.joints(), kNumJoints, stance.qpos.begin() + 7);
  return stance;
}

void hold_keyframes(mjSpec& spec, const mjModel& m) {
  int key = 0;
  for_each(spec, mjOBJ_KEY,
           [&](mjsElement* e) { hold(m, *mjs_asKey(e), m.key_qpos + m.nq * key++); });
}

void add_keyframe(mjSpec& spec, const mjModel& m, const Stance& stance) {
  if (stance.key >= 0) return;
  mjsKey* key = mjs_addKey(&spec);
  mjs_setName(key->element, mj_name2id(&m, mjOBJ_KEY, "home") < 0 ? "home" : "stand");
  mjs_setDouble(key->qpos, stance.qpos.data(), kNq);
  hold(m, *key, stance.qpos.data());
}

}  // namespace kennel
