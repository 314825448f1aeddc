// The numbers of the judge's protocol and what is drawn for an episode.
#pragma once

#include <array>
#include <cstdint>

#include "kennel/judge/judge.h"
#include "kennel/policy/policy_file.h"

namespace kennel::judge {

/// Ends of a uniform distribution.
struct Interval {
  double low, high;
};
inline Interval interval_of(const Range& range) { return {range.low, range.high}; }

inline constexpr double kPhysicsDt = kPolicyPhysicsDt;  // s

// Times of the protocol, in physics steps: they are the same for a policy of any rate.
inline constexpr int kSecond = 250;
inline constexpr int kCommands = 3;
inline constexpr int kCommandTime = 4 * kSecond;
inline constexpr int kEpisodeTime = kCommands * kCommandTime;
inline constexpr int kUnscoredTime = kSecond;  // after each change of command
inline constexpr int kWayTime = kSecond / 2;   // longer than a stride, shorter than a command
inline constexpr int kPushTime = 2 * kSecond;  // between pushes
inline constexpr int kPushes = (kEpisodeTime - 1) / kPushTime;
inline constexpr int kSignalDelay = 5;  // 20 ms: what the robot's signals may take
static_assert(kUnscoredTime % kWayTime == 0 && kCommandTime % kWayTime == 0);

/// The protocol in control steps of a policy's own rate. What is due at a time happens in the first
/// control step that begins then or later.
class ControlClock {
 public:
  explicit ControlClock(const PolicyFile& policy) : decimation_(decimation_of(policy)) {}

  int decimation() const { return decimation_; }                  // physics steps a control step
  double control_dt() const { return decimation_ * kPhysicsDt; }  // s

  /// The first control step that begins at a time or later: as many begin before it.
  int steps_until(int time) const { return (time + decimation_ - 1) / decimation_; }

  /// When a control step begins.
  int time_of(int step) const { return step * decimation_; }

  /// Whether something that happens every `period` is due when a control step begins.
  bool is_due(int step, int period) const {
    return step > 0 && time_of(step) / period > time_of(step - 1) / period;
  }

 private:
  int decimation_;
};

inline constexpr int kStandingEpisodeEvery = 12;  // the last of them, so that a few episodes move

inline constexpr double kSlowestWalk = 0.05;  // m/s; slower robots have no cost of transport
inline constexpr double kWalkingSpeed = 0.1;  // m/s; slower commands have no cost of transport

inline constexpr Interval kStartLift{-0.001, 0.001};  // m, on top of it
inline constexpr Interval kStartAngle{-0.01, 0.01};   // rad: roll, pitch, each joint off its pose
inline constexpr double kNominalFriction = 0.8;

inline constexpr int kLinks = 13;  // base_link and three a leg

inline constexpr Interval kFriction{0.5, 1.3};     // sliding, of every geom and so of every contact
inline constexpr Interval kMassFactor{0.85, 1.3};  // each link its own, for mass and inertia alike
inline constexpr Interval kComShiftX{-0.02, 0.03};     // m, base
inline constexpr Interval kComShiftYz{-0.005, 0.005};  // m, base, y and z
inline constexpr Interval kKpFactor{0.65, 1.1};
inline constexpr Interval kKdFactor{0.8, 1.5};
inline constexpr Interval kStrengthFactor{0.75, 1.05};  // scales kp, kd and the torque limit
inline constexpr Interval kPush{-0.35,
                                0.35};     // m/s, change of the base's velocity along world x and y
inline constexpr double kGyroNoise = 0.1;  // rad/s, uniform +-
inline constexpr double kGravityNoise = 0.05;  // each component, uniform +-, then normalised again
inline constexpr double kJointNoise = 0.03;    // rad, uniform +-

// The shifted condition. Sensor noise as above, strength and centre of mass nominal.
inline constexpr Interval kShiftedFriction[] = {{0.3, 0.5}, {1.3, 1.6}};  // either
inline constexpr Interval kShiftedMassFactor{1.3, 1.5};                   // each link its own
inline constexpr double kShiftedGains[] = {0.6, 1.25};                    // either, of kp and kd
inline constexpr int kShiftedDelay[] = {7, 8};  // either, physics steps: 28 or 32 ms, 30 on average
inline constexpr double kShiftedPush = 0.5;     // m/s, in any horizontal direction
inline constexpr double kShiftedSlope = 0.0523598775598299;  // rad: 3 degrees

/// Random numbers of one episode: a function of the seed, the episode, the purpose and an index,
/// and of nothing else.
class EpisodeRandom {
 public:
  enum Purpose : std::uint32_t {
    kHeading,
    kCommand,
    kContactFriction,
    kMass,
    kComShift,
    kGains,
    kLatency,
    kPushVelocity,
    kNoise,
    kStart,
    kSlope
  };

  EpisodeRandom(std::uint64_t seed, int episode) : seed_(seed), episode_(episode) {}

  double uniform(Purpose purpose, std::uint32_t index, Interval interval) const;

 private:
  std::uint64_t seed_;
  int episode_;
};

struct Command {
  double vx = 0.0, vy = 0.0;  // m/s, base frame
  double yaw_rate = 0.0;      // rad/s
};

/// Everything drawn before an episode starts; only the sensor noise is drawn on the way.
struct EpisodePlan {
  std::array<Command, kCommands> commands;
  bool standing = false;                            // zero commands throughout
  double heading = 0.0;                             // rad
  double start_lift = 0.0;                          // m, of the base above the contract's start
  double start_roll = 0.0, start_pitch = 0.0;       // rad
  std::array<double, kPolicyJoints> start_joint{};  // rad, off the policy's default pose

  double friction = kNominalFriction;
  std::array<double, kLinks> mass_factor;
  std::array<double, 3> com_shift{};  // m, base frame
  double kp_factor = 1.0;
  double kd_factor = 1.0;
  double strength = 1.0;
  int action_delay = 0;  // physics steps
  int imu_delay = 0;     // physics steps
  bool noise = false;
  std::array<std::array<double, 2>, kPushes> pushes{};  // m/s, world x and y, at 2 s, 4 s, ...

  // A slope is gravity that tilts. The world's frame stays the floor's, z its normal: heights,
  // tilts and falls are against the floor, velocities in the base's own frame as ever, and the IMU
  // reads gravity where it points.
  double slope = 0.0;     // rad
  double downhill = 0.0;  // rad, its direction from the world's x towards y
};

/// The plan of one episode; the episodes of a number have the same start and the same commands in
/// every condition.
EpisodePlan plan_episode(Condition condition, std::uint64_t seed, int episode,
                         const RobotContract& robot);

}  // namespace kennel::judge
