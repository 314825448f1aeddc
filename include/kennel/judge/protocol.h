// The numbers of the judge's protocol and what is drawn for an episode.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "kennel/judge/judge.h"
#include "kennel/policy/policy_file.h"

namespace kennel::judge {

/// Ends of a uniform distribution.
struct Interval {
  double low, high;
};
inline Interval interval_of(const Range& range) { return {range.low, range.high}; }

// Times of the protocol, s: they are the same for a policy of any rate and physics of any step.
inline constexpr int kCommands = 3;
inline constexpr double kCommandTime = 4.0;
inline constexpr double kEpisodeTime = kCommands * kCommandTime;
inline constexpr double kUnscoredTime = 1.0;   // after each change of command
inline constexpr double kWayTime = 0.5;        // longer than a stride, shorter than a command
inline constexpr double kPushTime = 2.0;       // between pushes
inline constexpr int kPushes = 5;              // at 2, 4, 6, 8 and 10 s
inline constexpr double kSignalDelay = 0.020;  // what the robot's signals may take
static_assert(kPushes * kPushTime < kEpisodeTime && (kPushes + 1) * kPushTime >= kEpisodeTime);

/// The protocol in physics steps of a model and control steps of a policy's own rate. A time is
/// that of the nearest physics step; what is due then happens in the first control step that begins
/// then or later.
class ControlClock {
 public:
  /// \param physics_dt  s, of the model that is played; control steps are a whole number of them
  ControlClock(const RobotContract& robot, double physics_dt)
      : decimation_(decimation_of(robot, physics_dt)), physics_dt_(physics_dt) {}

  int decimation() const { return decimation_; }                   // physics steps a control step
  double physics_dt() const { return physics_dt_; }                // s
  double control_dt() const { return decimation_ * physics_dt_; }  // s

  /// How many physics steps come nearest to a time, s.
  int physics_steps(double time) const { return static_cast<int>(std::lround(time / physics_dt_)); }

  /// The first control step that begins at a time or later, s: as many begin before it.
  int steps_until(double time) const {
    return (physics_steps(time) + decimation_ - 1) / decimation_;
  }

  /// Whether a control step begins at a time or later, s.
  bool is_past(int step, double time) const { return step * decimation_ >= physics_steps(time); }

  /// How often something that happens every `period` seconds has been due when a control step
  /// begins.
  int times_due(int step, double period) const {
    int times = static_cast<int>(step * control_dt() / period);
    while (is_past(step, (times + 1) * period)) ++times;
    while (times > 0 && !is_past(step, times * period)) --times;
    return times;
  }

  /// Whether something that happens every `period` seconds is due when a control step begins.
  bool is_due(int step, double period) const {
    return step > 0 && times_due(step, period) > times_due(step - 1, period);
  }

 private:
  int decimation_;
  double physics_dt_;
};

inline constexpr int kStandingEpisodeEvery = 12;  // the last of them, so that a few episodes move

// Lengths and speeds from here on are those of a robot of size 1. Of others, lengths are times
// RobotContract::size, speeds times its square root.
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
inline constexpr double kShiftedDelay[] = {0.028, 0.032};    // either, s: 30 ms on average
inline constexpr double kShiftedPush = 0.5;                  // m/s, in any horizontal direction
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

/// What a robot is told, or what a state has of it: the quantities of its contract, in that order.
using Command = std::array<double, kCommandTerms>;

/// Everything drawn before an episode starts; only the sensor noise is drawn on the way.
struct EpisodePlan {
  std::array<Command, kCommands> commands{};
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
  double action_delay = 0.0;  // s
  double imu_delay = 0.0;     // s
  bool noise = false;
  std::array<std::array<double, 2>, kPushes> pushes{};  // m/s, world x and y, at 2 s, 4 s, ...

  // A slope is gravity that tilts. The world's frame stays the floor's, z its normal: heights,
  // tilts and falls are against the floor, velocities in the base's own frame as ever, and the IMU
  // reads gravity where it points.
  double slope = 0.0;     // rad
  double downhill = 0.0;  // rad, its direction from the world's x towards y
};

/// A command as shares of what the robot may be told: 1 is the upper end of a range, -1 the lower.
/// Rounded as people read it, to the decimals of each quantity.
Command command_at(const RobotContract& robot, const Command& shares);

/// To hundredths, as tables show it.
double hundredths(double x);

/// The plan of one episode; the episodes of a number have the same start and the same commands in
/// every condition.
EpisodePlan plan_episode(Condition condition, std::uint64_t seed, int episode,
                         const RobotContract& robot);

}  // namespace kennel::judge
