#include "kennel/batch/stats.h"

#include <cmath>
#include <limits>

namespace kennel {

std::vector<Stat> stats_from(const quadruped::EnvStats<double>& s, const quadruped::Task& task) {
  const quadruped::TaskRow& row = task.config.row();
  const double control_dt = task.control_dt;
  // Where nobody has stepped, nothing is known: NaN.
  const double nothing = std::numeric_limits<double>::quiet_NaN();
  const double steps = s.steps > 0 ? s.steps : nothing, episodes = s.falls + s.timeouts;
  // Errors count from a second after a change of command on; before, there is none: NaN.
  std::vector<Stat> stats = {
      {"env/reward", s.total_reward / steps},
      {std::string("env/") + row.errors[0], std::sqrt(s.error2[0] / s.tracked)},
      {std::string("env/") + row.errors[1], std::sqrt(s.error2[1] / s.tracked)},
      {"env/falls_per_minute", s.falls / (steps * control_dt / 60.0)},
      {"env/contacts", s.contacts / steps},
      {"env/diverged", s.diverged},
      {"env/diverged_share", s.diverged / steps},
      {"episode/count", episodes},
      {"episode/return", episodes > 0 ? s.finished_return / episodes : 0.0},
      {"episode/seconds", episodes > 0 ? s.finished_steps * control_dt / episodes : 0.0},
  };
  for (std::size_t i = 0; i < row.rewards.size(); ++i)
    stats.push_back({std::string("reward/") + row.rewards[i].name, s.reward[i] / steps});
  return stats;
}

}  // namespace kennel
