#include "kennel/batch/stats.h"

#include <algorithm>
#include <cmath>

namespace kennel {

std::vector<Stat> stats_from(const quadruped::EnvStats<double>& s, double control_dt) {
  const double steps = std::max(1.0, s.steps), episodes = s.falls + s.timeouts;
  // Errors count from a second after a change of command on; before, there is none: NaN.
  std::vector<Stat> stats = {
      {"env/reward", s.total_reward / steps},
      {"env/velocity_error", std::sqrt(s.velocity_error2 / s.tracked)},
      {"env/yaw_error", std::sqrt(s.yaw_error2 / s.tracked)},
      {"env/falls_per_minute", s.falls / (steps * control_dt / 60.0)},
      {"env/contacts", s.contacts / steps},
      {"env/diverged", s.diverged},
      {"env/diverged_share", s.diverged / steps},
      {"episode/count", episodes},
      {"episode/return", episodes > 0 ? s.finished_return / episodes : 0.0},
      {"episode/seconds", episodes > 0 ? s.finished_steps * control_dt / episodes : 0.0},
  };
  for (int i = 0; i < quadruped::kNumRewards; ++i)
    stats.push_back({std::string("reward/") + quadruped::kRewards[i].name, s.reward[i] / steps});
  return stats;
}

}  // namespace kennel
