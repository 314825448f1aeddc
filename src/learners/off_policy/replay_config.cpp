#include "src/learners/off_policy/replay_config.h"

#include "kennel/core/check.h"
#include "kennel/io/config_problems.h"

namespace kennel {

void check_replay(std::string_view section, const ReplayConfig& config,
                  std::vector<std::string>& problems) {
  if (config.n_step > config.buffer_steps)
    problems.push_back(text(section, ".n_step = ", config.n_step,
                            " is more than buffer_steps = ", config.buffer_steps,
                            ", which keeps no return of so many steps; try ", config.buffer_steps));
  if (config.warmup_steps > config.buffer_steps)
    problems.push_back(text(section, ".warmup_steps = ", config.warmup_steps,
                            " is more than buffer_steps = ", config.buffer_steps,
                            ", which never holds so many; try ", config.buffer_steps));
  if (config.warmup_steps < config.n_step && config.n_step <= config.buffer_steps)
    problems.push_back(text(section, ".warmup_steps = ", config.warmup_steps,
                            " is fewer than n_step = ", config.n_step,
                            ", of which there is no return yet then; try ", config.n_step));
  check_choice(text(section, ".activation"), config.activation, {"relu", "elu", "tanh"}, problems);
}

void check_hidden(std::string_view section, std::string_view key, const std::vector<int>& hidden,
                  const ReplayConfig& config, std::vector<std::string>& problems) {
  if (!config.symmetric) return;
  for (const int size : hidden)
    if (size % 2 != 0)
      problems.push_back(text(section, '.', key, " has a layer of ", size,
                              " units; a symmetric network pairs them, try ", size + 1));
}

void check_actor_critic(std::string_view section, const ActorCriticConfig& networks,
                        const ReplayConfig& config, std::vector<std::string>& problems) {
  check_hidden(section, "actor_hidden", networks.actor_hidden, config, problems);
  check_hidden(section, "critic_hidden", networks.critic_hidden, config, problems);
}

void check_order(std::string_view section, std::string_view low_key, float low,
                 std::string_view high_key, float high, std::vector<std::string>& problems) {
  if (low > high)
    problems.push_back(
        text(section, '.', low_key, " = ", low, " is above ", high_key, " = ", high));
}

}  // namespace kennel
