#include "protocol.h"

#include <numbers>

#include "kennel/core/philox.h"

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

void draw_robot(const EpisodeRandom& random, EpisodePlan& plan) {
  using R = EpisodeRandom;
  plan.friction = random.uniform(R::kContactFriction, 0, kFriction);
  for (int link = 0; link < kLinks; ++link) {
    plan.mass_factor[link] = random.uniform(R::kMass, link, kMassFactor);
  }
  plan.com_shift = {random.uniform(R::kComShift, 0, kComShiftX),
                    random.uniform(R::kComShift, 1, kComShiftYz),
                    random.uniform(R::kComShift, 2, kComShiftYz)};
  plan.kp_factor = random.uniform(R::kGains, 0, kKpFactor);
  plan.kd_factor = random.uniform(R::kGains, 1, kKdFactor);
  plan.strength = random.uniform(R::kGains, 2, kStrengthFactor);
  plan.action_delay = random.uniform(R::kLatency, 0, {0.0, 1.0}) < 0.5 ? 0 : kSignalDelay;
  plan.imu_delay = random.uniform(R::kLatency, 1, {0.0, 1.0}) < 0.5 ? 0 : kSignalDelay;
  plan.noise = true;
  for (int push = 0; push < kPushes; ++push) {
    plan.pushes[push] = {random.uniform(R::kPushVelocity, 2 * push, kPush),
                         random.uniform(R::kPushVelocity, 2 * push + 1, kPush)};
  }
}

}  // namespace

EpisodePlan plan_episode(Condition condition, std::uint64_t seed, int episode) {
  using R = EpisodeRandom;
  const EpisodeRandom random(seed, episode);
  EpisodePlan plan;
  plan.mass_factor.fill(1.0);
  plan.heading = random.uniform(R::kHeading, 0, {-std::numbers::pi, std::numbers::pi});
  plan.standing = episode % kStandingEpisodeEvery == 0;
  if (!plan.standing) {
    for (int at = 0; at < kCommands; ++at) {
      plan.commands[at] = {random.uniform(R::kCommand, 3 * at, kCommandVx),
                           random.uniform(R::kCommand, 3 * at + 1, kCommandVy),
                           random.uniform(R::kCommand, 3 * at + 2, kCommandYawRate)};
    }
  }
  if (condition == Condition::kRandomised) draw_robot(random, plan);
  return plan;
}

}  // namespace kennel::judge
