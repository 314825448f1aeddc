// The judge: scores a policy file in MuJoCo C, by a fixed protocol, so that figures can be
// compared.
//
// No physics and no sensing is shared with the simulator that trains: the physics is MuJoCo's own
// with a converged solver, and the observation is built again from the robot's contract. What a
// policy learned to exploit in training does not count here. (On request the same episodes run in
// the training simulator's physics, for comparison.)
//
// The protocol. Physics steps of the model's own length, at most 10 ms, control at the policy's
// rate, every collision. An episode is 12 s of three random commands, 4 s each, from the ranges
// that the policy's file names; one episode in twelve, the last, commands zero throughout. It
// starts in the policy's default pose, at the height over the floor that its file names, at a
// random heading and at rest, but for a millimetre of height and a hundredth of a radian of tilt
// and of each joint: a mirror-symmetric policy under exact symmetry is no test. A fall is a tilt
// beyond the file's limit or a base lower than that at the end of a control step (of the default
// robot: a start at 0.17 m, falls beyond 0.9 rad and below 0.06 m); it ends the episode, and so
// does a state or an action that is not finite. Joint targets are clamped to the policy file's own
// limits, as the robot's controller does; a hardware's narrower clamp counts only where the file
// has it.
//
// What a policy is told, and so what it is judged by, are the three quantities that its file names:
// quantities.h has those that can be measured. The first two make one error, the third another: of
// a walk the velocity and the yaw rate, of a pose the tilt and the height.
//
// Numbers in metres and metres a second are those of the default robot. For a robot whose legs are
// `size` times as long they are times size (a start's millimetre, the shift of the centre of mass)
// and times its square root (pushes, thresholds of walking), so that robots that move alike are
// disturbed alike. protocol.h has the numbers.
//
// The shifted condition draws what no recipe trains on: friction 0.3 to 0.5 or 1.3 to 1.6, each
// link's mass and inertia times 1.3 to 1.5, both gains times 0.6 or 1.25, both latencies 28 or 32
// ms, a push of 0.5 m/s each 2 s, sensor noise, and a slope of 3 degrees in any direction. On the
// slope it is gravity that tilts: the world's frame is the floor's, falls are against the floor,
// errors are in the base's own frame as ever, and the IMU reads gravity where it points.
//
// Seeds below 1000 are for tuning. Published figures use 1000 and above, and nothing is chosen by
// those: what was chosen by a figure is no longer judged by it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "kennel/policy/policy_file.h"

namespace kennel::judge {

enum class Condition { kNominal, kRandomised, kShifted };

struct ConditionInfo {
  Condition condition;
  const char *name, *doc;
};

/// Every condition, in the order of the enumeration. The same episode of each has the same start
/// and the same commands.
inline constexpr ConditionInfo kConditions[] = {
    {Condition::kNominal, "nominal", "the model as it is, friction 0.8, no noise, no latency"},
    {Condition::kRandomised, "randomised", "every episode its own robot, floor, delays and pushes"},
    {Condition::kShifted, "shifted", "the same from ranges that no recipe trains on, on a slope"},
};

const char* name_of(Condition condition);

inline constexpr std::uint64_t kFirstPublishedSeed = 1000;

/// What figures of a seed are for: "tuning" or "published".
const char* use_of_seed(std::uint64_t seed);

enum class Physics {
  kMujoco,  // the reference: MuJoCo C with a converged solver
  kKennel,  // the training simulator as it trains: single precision, the solver iterations of the
            // policy's recipe, the nominal robot's inverse weights whatever the masses are; what
            // differs from the reference is what a policy may have learned to exploit
  kExact,   // the same in double with every robot's own inverse weights: what differs from kKennel
            // is rounding and weights, what differs from the reference the solver's iterations and
            // the contacts between legs
};

const char* name_of(Physics physics);

struct EvalOptions {
  int episodes = 96;
  std::uint64_t seed = kFirstPublishedSeed;  // the same seed gives every policy the same episodes
  int threads = 0;                           // 0: one for each core; results do not depend on it
  Condition condition = Condition::kNominal;
  Physics physics = Physics::kMujoco;
  std::string model;  // MJCF; empty: that of the policy's shipped robot

  /// Told from the start to the end of each of `evaluate`'s episodes, in the place of what is
  /// drawn; by the terms of the policy's command. Told zeros, it stands in every episode.
  std::optional<std::array<double, kCommandTerms>> command{};

  /// Called from the calling thread now and then, with episodes done so far; may be empty.
  /// What it throws ends the judgement.
  std::function<void(int done)> on_progress;

  /// \throws Error naming the option that is out of range, and its range
  void validate() const;
};

/// Scores over all episodes. Averages leave out what happens after a fall; a score without any data
/// is NaN.
struct EvalResult {
  int episodes = 0;
  int falls = 0;     // episodes that ended in a fall, diverged ones included
  int diverged = 0;  // of these: the state or the action was not finite

  /// Roots of the mean over episodes of the episode's mean squared error, over its control steps
  /// before a fall without the first second after each change of command: of the first two
  /// quantities that the robot is told together, and of the third. For a walk (vx, vy) of the base
  /// in its own frame against the command, m/s, and its yaw rate, rad/s; `scores_of` has the names.
  double pair_rmse = 0.0;
  double third_rmse = 0.0;

  /// Mean over the zero-command episodes of |displacement| / time of the base, horizontally, after
  /// the first second. m/s
  double standing_drift = 0.0;

  /// Touch-downs a foot and second in the zero-command episodes, after the first second, seen at
  /// the control rate: a robot that is told to stand takes no steps. Hz
  double standing_steps = 0.0;

  double torque_rms = 0.0;  // N m, over joints and physics steps
  double action_rate_rms =
      0.0;  // change of the network's output from one control step to the next, over joints
  double target_rate_rms =
      0.0;                  // the same for the joint targets, rad; comparable between action scales
  double survival_s = 0.0;  // mean time to a fall or to the end, at most 12 s

  // The gait, of episodes that have a command, after the first second.
  double cost_of_transport = 0.0;  // sum of |torque x joint velocity| over weight x horizontal way,
                                   // measured every half second, commands below 0.1 m/s left out;
                                   // NaN for a robot slower than 0.05 m/s (of size 1)
  double foot_slip = 0.0;          // mean horizontal speed of feet on the floor, m/s
  double step_frequency = 0.0;     // touch-downs a foot and second, seen at the control rate, Hz
};

/// Plays `options.episodes` episodes on all threads and scores them.
/// \throws Error when the options or the model are unusable
EvalResult evaluate(const PolicyFile& policy, const EvalOptions& options);

}  // namespace kennel::judge
