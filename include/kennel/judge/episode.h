// One episode of the judge's protocol.
#pragma once

#include <functional>

#include "kennel/judge/controller.h"
#include "kennel/judge/quantities.h"
#include "kennel/judge/world.h"

namespace kennel::judge {

/// Sums over one episode up to its fall; the judge divides.
struct EpisodeStats {
  bool standing = false;  // a zero-command episode
  bool fell = false;      // or diverged
  bool diverged = false;
  int decimation = 0;           // physics steps a control step
  double control_dt = 0.0;      // s a control step
  int steps = 0;                // control steps played, the one that ended in a fall included
  int scored_steps = 0;         // of these: those that count for the errors below
  double pair_error_sq = 0.0;   // of the first two that it is told, summed over scored steps
  double third_error_sq = 0.0;  // of the third, the same
  double drift_speed = 0.0;     // m/s after the first second; NaN for an episode that ended before
  double torque_sq = 0.0;       // (N m)^2, summed over joints and physics steps
  double action_rate_sq = 0.0;  // summed over joints and control steps
  double target_rate_sq = 0.0;  // rad^2, the same

  // The gait, after the first second.
  double gait_time = 0.0;  // s
  double slip_path = 0.0;  // m, of the contact points of feet on the floor
  double stance = 0.0;     // s, of all feet on the floor
  int touch_downs = 0;     // of all feet, seen at the ends of control steps
  // Where the command goes somewhere:
  double work = 0.0;      // J, |torque x joint velocity| summed over joints and time
  double way = 0.0;       // m, measured every half second
  double way_time = 0.0;  // s
  double carried = 0.0;   // J, the robot's weight times its way

  bool operator==(const EpisodeStats&) const = default;
};

/// What happened in one control step; valid during the call only.
struct StepRecord {
  int step;
  const World& world;             // at the step's start
  const Command& command;         // told the policy
  const Imu& imu;                 // the state's own, without latency and noise
  std::span<const float> obs;     // what the policy saw
  std::span<const float> action;  // what it answered
  const Joints& target;           // rad, what the servos get first
};
using StepObserver = std::function<void(const StepRecord&)>;

/// True for a state that ends an episode: tilted too far or too low.
/// \param floor_height  m, which heights are measured from
bool is_fall(const RobotContract& robot, const mjData& data, double floor_height);

/// Plays episodes one after the other; one for each thread.
class EpisodePlayer {
 public:
  /// Both must outlive the player.
  EpisodePlayer(const JudgeModel& judge, const PolicyFile& policy,
                Physics physics = Physics::kMujoco);

  /// Plays a plan.
  /// \param random  draws the sensor noise where the plan has it
  EpisodeStats play(const EpisodePlan& plan, const EpisodeRandom& random,
                    const StepObserver& observer = {});

 private:
  void decide(const EpisodePlan& plan, const EpisodeRandom& random, int step, EpisodeStats& stats,
              const StepObserver& observer);
  void advance(const Delays& delays, EpisodeStats& stats);
  void count_gait(const EpisodePlan& plan, int step, EpisodeStats& stats);
  void score(const EpisodePlan& plan, int step, EpisodeStats& stats);

  Told told_;
  ControlClock clock_;
  double walking_speed_;  // m/s; of slower commands the way does not count
  std::unique_ptr<World> world_;
  Controller controller_;
  /// Sums over one control step.
  struct StepSums {
    double work = 0.0, slip_path = 0.0, stance = 0.0;
  };

  double weight_ = 0.0;                   // N
  Joints target_{};                       // rad, what the servos got first in the last control step
  std::array<bool, kNumLegs> touched_{};  // at the end of the last control step
  StepSums sums_;
  double way_work_ = 0.0;                // J, since way_start_
  int way_step_ = 0;                     // the control step that began at way_start_
  std::array<double, 2> way_start_{};    // m, world x and y up to half a second ago
  std::array<double, 2> drift_start_{};  // m, world x and y after the first second
};

}  // namespace kennel::judge
