#include "tests/learners/random_search/random_search.h"

#include "kennel/contract/vec_env.h"
#include "kennel/rl/checkpoint.h"
#include "kennel/rl/random.h"
#include "kennel/rl/tensor_archive.h"

namespace kennel {
namespace {

constexpr float kSmallestSpread = 0.05f;  // the search never ends

class RandomSearch final : public Learner {
 public:
  explicit RandomSearch(const LearnerParts& parts)
      : env_(parts.env),
        config_(parts.config.as<RandomSearchConfig>()),
        seed_(parts.seed),
        mean_(torch::zeros({env_.spec().obs_size, env_.spec().action_size})),
        spread_(torch::full_like(mean_, config_.spread)) {}

  IterationReport iterate() override {
    const torch::NoGradGuard no_grad;
    const std::int64_t N = env_.spec().num_envs;
    const auto iteration = static_cast<std::uint64_t>(iteration_);
    const torch::Tensor noise =
        torch::randn({N, mean_.size(0), mean_.size(1)},
                     cpu_generator(stream_seed(seed_, Stream::kActionNoise, iteration)));
    const torch::Tensor tried = mean_ + spread_ * noise;  // (N, obs_size, action_size)
    torch::Tensor score = torch::zeros({N});
    env_.reset();
    for (int step = 0; step < config_.num_steps; ++step) {
      env_.step(env_.buffers().obs.unsqueeze(1).bmm(tried).squeeze(1));
      score += env_.buffers().reward;
    }
    const auto count = static_cast<std::int64_t>(config_.elite * static_cast<float>(N));
    const torch::Tensor best = tried.index_select(0, std::get<1>(score.topk(count)));
    mean_ = best.mean(0);
    spread_ = best.std(0).clamp_min(kSmallestSpread);
    ++iteration_;
    env_steps_ += N * config_.num_steps;
    return {.iteration = iteration_,
            .env_steps = env_steps_,
            .mean_reward = score.mean().item<double>() / config_.num_steps,
            .scalars = {{"train/spread", spread_.mean().item<double>()}}};
  }

  void set_progress(double fraction) override { env_.set_progress(fraction); }
  std::int64_t iteration() const override { return iteration_; }
  std::int64_t env_steps() const override { return env_steps_; }

  PolicyNetwork policy() const override {
    DenseLayer layer;
    layer.in = static_cast<int>(mean_.size(0));
    layer.out = static_cast<int>(mean_.size(1));
    layer.weights.assign(mean_.const_data_ptr<float>(),
                         mean_.const_data_ptr<float>() + mean_.numel());
    layer.bias.assign(static_cast<std::size_t>(layer.out), 0.0f);
    return {{layer}};
  }

  void save(const std::filesystem::path& path, const std::string& config) const override {
    TensorArchive archive;
    put_summary(archive, {config, iteration_, env_steps_, policy()});
    archive.put("mean", mean_);
    archive.put("spread", spread_);
    archive.put("env", env_.save_state());
    archive.save(path);
  }

  void load(const std::filesystem::path& path) override {
    const TensorArchive archive = TensorArchive::load(path);
    env_.load_state(archive.tensor("env"));
    mean_ = archive.tensor("mean").clone();
    spread_ = archive.tensor("spread").clone();
    iteration_ = archive.number("iteration");
    env_steps_ = archive.number("env_steps");
  }

  void load_networks(const std::filesystem::path& path) override {
    mean_ = TensorArchive::load(path).tensor("mean").clone();
  }

 private:
  VecEnv& env_;
  RandomSearchConfig config_;
  std::uint64_t seed_;
  torch::Tensor mean_, spread_;  // (obs_size, action_size)
  std::int64_t iteration_ = 0, env_steps_ = 0;
};

}  // namespace

ConfigBlock random_search_block() { return {"random_search", RandomSearchConfig{}}; }

std::unique_ptr<Learner> make_random_search(const LearnerParts& parts) {
  return std::make_unique<RandomSearch>(parts);
}

PolicyNetwork random_search_layers(const ConfigBlock&, int obs_size, int action_size) {
  return {{{obs_size, action_size, {}, {}, ""}}};
}

std::size_t random_search_bytes(const EnvSpec& spec, const ConfigBlock&, const LearnerOps&) {
  return sizeof(float) * static_cast<std::size_t>(spec.num_envs) *
         static_cast<std::size_t>(spec.obs_size * spec.action_size);
}

}  // namespace kennel
