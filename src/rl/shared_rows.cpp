#include "kennel/rl/shared_rows.h"

#include "kennel/core/check.h"

namespace kennel {
namespace {

/// Where this rank's rows begin among all ranks', and how many there are.
struct Share {
  std::int64_t begin = 0, of_all = 0;
};

Share share_of(std::int64_t rows, const Collective& all) {
  torch::Tensor each = torch::zeros({all.size()}, torch::kInt64);
  each[all.rank()] = rows;
  all.sum(each);
  return {each.narrow(0, 0, all.rank()).sum().item<std::int64_t>(),
          each.sum().item<std::int64_t>()};
}

}  // namespace

// As a sum of bytes, of which one alone is not zero: no engine changes those.
torch::Tensor rows_of_all(const torch::Tensor& x, const Collective& all) {
  torch::Tensor own = x.cpu().contiguous();
  if (all.size() == 1) return own;
  const Share share = share_of(own.size(0), all);
  std::vector<std::int64_t> shape = own.sizes().vec();
  shape[0] = share.of_all;
  const torch::Tensor out = torch::zeros(shape, own.options());
  out.narrow(0, share.begin, own.size(0)).copy_(own);
  torch::Tensor bytes = out.flatten().view(torch::kUInt8);
  all.sum(bytes);
  return out;
}

torch::Tensor own_rows(const torch::Tensor& of_all, std::int64_t own, const Collective& all) {
  if (all.size() == 1) return of_all;
  return of_all.narrow(0, share_of(own, all).begin, own);
}

torch::Tensor state_of_all(const VecEnv& env, const Collective& all) {
  const torch::Tensor own = env.save_state();
  if (all.size() == 1) return own;
  const auto envs = static_cast<int>(all.total(env.spec().num_envs));
  return torch::cat(
      {env.state_header(envs),
       rows_of_all(own.slice(0, env.state_header(env.spec().num_envs).numel()), all)});
}

void load_state_of_all(VecEnv& env, const torch::Tensor& state, const Collective& all) {
  if (all.size() == 1) return env.load_state(state);
  const auto envs = static_cast<int>(all.total(env.spec().num_envs));
  const torch::Tensor header = env.state_header(envs), own = env.state_header(env.spec().num_envs);
  const std::int64_t own_size = env.save_state().numel() - own.numel();
  const Share share = share_of(own_size, all);
  // What is of another kind or size is for the environment to refuse: it gets it as it is.
  if (state.numel() != header.numel() + share.of_all ||
      !torch::equal(state.slice(0, 0, header.numel()), header))
    return env.load_state(state);
  env.load_state(torch::cat({own, state.narrow(0, header.numel() + share.begin, own_size)}));
}

}  // namespace kennel
