#include "src/learners/off_policy/ddpg.h"

#include "kennel/io/config_problems.h"
#include "kennel/rl/random.h"

namespace kennel {

std::vector<std::string> problems(const DdpgConfig& config, int /*num_envs*/) {
  std::vector<std::string> found = out_of_bounds("ddpg", config);
  check_order("ddpg", "min_noise", config.min_noise, "max_noise", config.max_noise, found);
  check_actor_critic("ddpg", config.networks, config.replay, found);
  check_replay("ddpg", config.replay, found);
  return found;
}

Ddpg::Ddpg(const OffPolicyParts& parts, const DdpgConfig& config)
    : config_(config),
      action_size_(parts.spec.action_size),
      actor_(parts, config.replay, config.networks,
             cpu_generator(stream_seed(parts.seed, Stream::kInitialise, 0))),
      critic_(parts, config.replay, config.networks, /*count=*/1,
              cpu_generator(stream_seed(parts.seed, Stream::kInitialise, 1))) {}

void Ddpg::explore(const Exploring& at, int thread, torch::Tensor& action) {
  explore_around(actor_.act(at.obs, thread), at, config_.min_noise, config_.max_noise, action);
}

std::vector<std::string_view> Ddpg::number_names() const {
  return {"train/critic_loss", "train/q",           "train/q_of_policy",
          "train/action_size", "train/critic_norm", "train/actor_norm"};
}

void Ddpg::update(const Minibatch& batch, const torch::Tensor& /*noise*/, std::int64_t /*update*/,
                  torch::Tensor& numbers) {
  const torch::Tensor fitted =
      critic_.fit(batch, [&](const Minibatch& rows, const Slice&, int thread) {
        const torch::Tensor& next = actor_.target_act(rows.next_obs, thread);
        return critic_.target_value(rows.next_privileged_obs, next, Estimate::kFirst, thread);
      });
  const torch::Tensor climbed = actor_.ascend(batch, critic_, config_.action_cost);
  critic_.networks().follow(config_.replay.tau);
  actor_.networks().follow(config_.replay.tau);
  numbers.add_(torch::cat({fitted, climbed, critic_.networks().grad_norm().view({1}),
                           actor_.networks().grad_norm().view({1})}));
}

}  // namespace kennel
