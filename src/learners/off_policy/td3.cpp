#include "src/learners/off_policy/td3.h"

#include "kennel/io/config_problems.h"
#include "kennel/rl/random.h"

namespace kennel {

std::vector<std::string> problems(const Td3Config& config, int /*num_envs*/) {
  std::vector<std::string> found = out_of_bounds("td3", config);
  check_order("td3", "min_noise", config.min_noise, "max_noise", config.max_noise, found);
  check_actor_critic("td3", config.networks, config.replay, found);
  check_replay("td3", config.replay, found);
  return found;
}

torch::Tensor smoothed_action(const torch::Tensor& mean, const torch::Tensor& eps, double sigma,
                              double clip) {
  return (eps * sigma).clamp_(-clip, clip).add_(mean).clamp_(-1.0, 1.0);
}

Td3::Td3(const OffPolicyParts& parts, const Td3Config& config)
    : config_(config),
      action_size_(parts.spec.action_size),
      actor_(parts, config.replay, config.networks,
             cpu_generator(stream_seed(parts.seed, Stream::kInitialise, 0))),
      critics_(parts, config.replay, config.networks, /*count=*/2,
               cpu_generator(stream_seed(parts.seed, Stream::kInitialise, 1))),
      climbed_(torch::zeros({2}, parts.device)) {}

void Td3::explore(const Exploring& at, int thread, torch::Tensor& action) {
  explore_around(actor_.act(at.obs, thread), at, config_.min_noise, config_.max_noise, action);
}

std::vector<std::string_view> Td3::number_names() const {
  return {"train/critic_loss", "train/q",           "train/q_of_policy",
          "train/action_size", "train/critic_norm", "train/actor_norm"};
}

void Td3::update(const Minibatch& batch, const torch::Tensor& noise, std::int64_t update,
                 torch::Tensor& numbers) {
  const Estimate estimate = config_.least_of_two ? Estimate::kLeast : Estimate::kMean;
  const torch::Tensor fitted =
      critics_.fit(batch, [&](const Minibatch& rows, const Slice& slice, int thread) {
        const torch::Tensor next = smoothed_action(actor_.target_act(rows.next_obs, thread),
                                                   noise.narrow(0, slice.begin, slice.rows),
                                                   config_.target_noise, config_.target_noise_clip);
        return critics_.target_value(rows.next_privileged_obs, next, estimate, thread);
      });
  if (update % config_.policy_delay == 0) {
    climbed_.copy_(actor_.ascend(batch, critics_, config_.action_cost));
    critics_.networks().follow(config_.replay.tau);
    actor_.networks().follow(config_.replay.tau);
  }
  numbers.add_(torch::cat({fitted, climbed_, critics_.networks().grad_norm().view({1}),
                           actor_.networks().grad_norm().view({1})}));
}

}  // namespace kennel
