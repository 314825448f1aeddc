#include "kennel/judge/protocol.h"

#include <cmath>
#include <numbers>

#include "kennel/core/philox.h"
#include "kennel/judge/quantities.h"

namespace kennel::judge {

double EpisodeRandom::uniform(Purpose purpose, std::uint32_t index, Interval interval) const {
  constexpr std::uint32_t kJudge =
      0x6a756467u;  // keeps these numbers apart from a training run's with the same seed
  const auto random = philox4x32<std::uint32_t>(static_cast<std::uint32_t>(episode_), index,
                                                purpose, kJudge, static_cast<std::uint32_t>(seed_),
                                                static_cast<std::uint32_t>(seed_ >> 32));
  const std::uint64_t bits = (static_cast<std::uint64_t>(random.x[0]) << 32) | random.x[1];
  const double unit = static_cast<double>(bits >> 11) * 0x1p-53;  // [0, 1)
  return interval.low + unit * (interval.high - interval.low);
}

namespace {

Interval times(double factor, Interval interval) {
  return {factor * interval.low, factor * interval.high};
}

void draw_robot(const EpisodeRandom& random, const RobotContract& robot, EpisodePlan& plan) {
  using R = EpisodeRandom;
  const Interval com_x = times(robot.size, kComShiftX), com_yz = times(robot.size, kComShiftYz);
  const Interval push = times(speed_scale(robot), kPush);
  plan.friction = random.uniform(R::kContactFriction, 0, kFriction);
  for (int link = 0; link < kLinks; ++link) {
    plan.mass_factor[link] = random.uniform(R::kMass, link, kMassFactor);
  }
  plan.com_shift = {random.uniform(R::kComShift, 0, com_x), random.uniform(R::kComShift, 1, com_yz),
                    random.uniform(R::kComShift, 2, com_yz)};
  plan.kp_factor = random.uniform(R::kGains, 0, kKpFactor);
  plan.kd_factor = random.uniform(R::kGains, 1, kKdFactor);
  plan.strength = random.uniform(R::kGains, 2, kStrengthFactor);
  plan.action_delay = random.uniform(R::kLatency, 0, {0.0, 1.0}) < 0.5 ? 0.0 : kSignalDelay;
  plan.imu_delay = random.uniform(R::kLatency, 1, {0.0, 1.0}) < 0.5 ? 0.0 : kSignalDelay;
  plan.noise = true;
  for (int at = 0; at < kPushes; ++at) {
    plan.pushes[at] = {random.uniform(R::kPushVelocity, 2 * at, push),
                       random.uniform(R::kPushVelocity, 2 * at + 1, push)};
  }
}

/// One of two things, equally likely.
template <class X>
const X& either(const EpisodeRandom& random, EpisodeRandom::Purpose purpose, std::uint32_t index,
                const X (&choice)[2]) {
  return choice[random.uniform(purpose, index, {0.0, 1.0}) < 0.5 ? 0 : 1];
}

constexpr Interval kAnyDirection{-std::numbers::pi, std::numbers::pi};

void draw_shifted_robot(const EpisodeRandom& random, const RobotContract& robot,
                        EpisodePlan& plan) {
  using R = EpisodeRandom;
  plan.friction = random.uniform(R::kContactFriction, 0,
                                 either(random, R::kContactFriction, 1, kShiftedFriction));
  for (int link = 0; link < kLinks; ++link)
    plan.mass_factor[link] = random.uniform(R::kMass, link, kShiftedMassFactor);
  plan.kp_factor = plan.kd_factor = either(random, R::kGains, 0, kShiftedGains);
  plan.action_delay = either(random, R::kLatency, 0, kShiftedDelay);
  plan.imu_delay = either(random, R::kLatency, 1, kShiftedDelay);
  plan.noise = true;
  const double push = speed_scale(robot) * kShiftedPush;
  for (int at = 0; at < kPushes; ++at) {
    const double direction = random.uniform(R::kPushVelocity, 2 * at, kAnyDirection);
    plan.pushes[at] = {push * std::cos(direction), push * std::sin(direction)};
  }
  plan.slope = kShiftedSlope;
  plan.downhill = random.uniform(R::kSlope, 0, kAnyDirection);
}

void draw_start(const EpisodeRandom& random, const RobotContract& robot, EpisodePlan& plan) {
  using R = EpisodeRandom;
  plan.heading = random.uniform(R::kHeading, 0, kAnyDirection);
  plan.start_lift = random.uniform(R::kStart, 0, times(robot.size, kStartLift));
  plan.start_roll = random.uniform(R::kStart, 1, kStartAngle);
  plan.start_pitch = random.uniform(R::kStart, 2, kStartAngle);
  for (int joint = 0; joint < kPolicyJoints; ++joint)
    plan.start_joint[joint] = random.uniform(R::kStart, 3 + joint, kStartAngle);
}

double share_of(const Range& range, double share, int decimals) {
  if (share == 0.0) return 0.0;
  const double per_unit = std::round(std::pow(10.0, decimals));
  return std::round(per_unit * (share > 0.0 ? share * range.high : -share * range.low)) / per_unit;
}

}  // namespace

double hundredths(double x) { return std::round(100.0 * x) / 100.0; }

Command command_at(const RobotContract& robot, const Command& shares) {
  const Told told(robot);
  Command command;
  for (int at = 0; at < kCommandTerms; ++at)
    command[at] = share_of(robot.command[at].range, shares[at], told[at].decimals);
  return command;
}

EpisodePlan plan_episode(Condition condition, std::uint64_t seed, int episode,
                         const RobotContract& robot) {
  using R = EpisodeRandom;
  const EpisodeRandom random(seed, episode);
  EpisodePlan plan;
  plan.mass_factor.fill(1.0);
  draw_start(random, robot, plan);
  plan.standing = episode % kStandingEpisodeEvery == kStandingEpisodeEvery - 1;
  if (!plan.standing) {
    for (int at = 0; at < kCommands; ++at)
      for (int term = 0; term < kCommandTerms; ++term)
        plan.commands[at][term] = random.uniform(R::kCommand, kCommandTerms * at + term,
                                                 interval_of(robot.command[term].range));
  }
  if (condition == Condition::kRandomised) draw_robot(random, robot, plan);
  if (condition == Condition::kShifted) draw_shifted_robot(random, robot, plan);
  return plan;
}

}  // namespace kennel::judge
