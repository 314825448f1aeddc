#include "src/learners/off_policy/off_policy_learner.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "kennel/core/check.h"
#include "kennel/rl/checkpoint.h"
#include "kennel/rl/collective.h"
#include "kennel/rl/random.h"
#include "kennel/rl/skipped_updates.h"
#include "kennel/rl/slices.h"
#include "src/learners/learner_parts.h"

namespace kennel {
namespace {

const Mirrors* mirrors_of(const LearnerParts& parts, const OffPolicySetup& setup) {
  if (!setup.replay.symmetric) return nullptr;
  KENNEL_CHECK(parts.mirrors, setup.section,
               ".symmetric = true, but left and right of these environments are not known; say "
               "symmetric = false");
  const EnvSpec& spec = parts.env.spec();
  check_mirror(parts.mirrors->obs, spec.obs_size, "the observation");
  check_mirror(parts.mirrors->privileged_obs, spec.privileged_obs_size,
               "the privileged observation");
  check_mirror(parts.mirrors->action, spec.action_size, "the action");
  return &*parts.mirrors;
}

const LearnerParts& checked(const LearnerParts& parts, const OffPolicySetup& setup) {
  check_config(parts);
  KENNEL_CHECK(parts.all.size() == 1, setup.section, " trains in one process; ", parts.all.size(),
               " were started");
  const Range bounds = parts.env.spec().action_bounds;
  KENNEL_CHECK(std::isfinite(bounds.low) && std::isfinite(bounds.high) && bounds.low < bounds.high,
               setup.section, " takes actions between bounds, these environments' are [",
               bounds.low, ", ", bounds.high, "]; try ppo");
  return parts;
}

bool is_unit(const Range& bounds) { return bounds == Range{-1.0f, 1.0f}; }
float middle(const Range& bounds) { return 0.5f * (bounds.low + bounds.high); }
float half_width(const Range& bounds) { return 0.5f * (bounds.high - bounds.low); }

/// That share of a range, about its middle. All of it: to the bit.
Range part_of(const Range& bounds, float share) {
  if (share == 1.0f) return bounds;
  const float half = share * half_width(bounds);
  return {middle(bounds) - half, middle(bounds) + half};
}

EnvSpec kept_of(EnvSpec spec, const OffPolicySetup& setup) {
  if (!setup.privileged) spec.privileged_obs_size = 0;
  spec.action_bounds = part_of(spec.action_bounds, setup.replay.action_range);
  return spec;
}

/// Actions in [-1, 1] to the environments' own.
DenseLayer scaling_layer(int size, const Range& bounds) {
  DenseLayer layer{size, size, std::vector<float>(static_cast<std::size_t>(size * size), 0.0f),
                   std::vector<float>(static_cast<std::size_t>(size), middle(bounds)), ""};
  for (int k = 0; k < size; ++k)
    layer.weights[static_cast<std::size_t>(k * size + k)] = half_width(bounds);
  return layer;
}

}  // namespace

OffPolicyLearner::OffPolicyLearner(const LearnerParts& parts, const OffPolicySetup& setup)
    : env_(checked(parts, setup).env),
      section_(setup.section),
      config_(setup.replay),
      kept_(kept_of(env_.spec(), setup)),
      seed_(parts.seed),
      ops_(parts.ops),
      pool_(threads_of(parts)),
      buffer_(section_, kept_, config_.buffer_steps, env_.device()),
      obs_normaliser_(kept_.obs_size, config_.normalise_obs,
                      mirrors_of(parts, setup) != nullptr ? &parts.mirrors->obs : nullptr,
                      env_.device(), ops_),
      privileged_normaliser_(
          kept_.privileged_obs_size, config_.normalise_obs && setup.privileged,
          config_.symmetric && setup.privileged ? &parts.mirrors->privileged_obs : nullptr,
          env_.device(), ops_),
      method_(setup.make({kept_, mirrors_of(parts, setup), seed_, env_.device(), ops_, pool_})),
      batch_(config_.batch_size, kept_, env_.device()),
      noise_(torch::zeros({config_.num_steps, kept_.num_envs, method_->action_noise()},
                          env_.device())),
      update_noise_(torch::zeros(
          {config_.updates_per_step, config_.batch_size, method_->update_noise()}, env_.device())),
      spread_(torch::linspace(0.0, 1.0, kept_.num_envs).unsqueeze(1).to(env_.device())),
      obs_(torch::zeros({kept_.num_envs, kept_.obs_size}, env_.device())),
      env_action_(torch::zeros({kept_.num_envs, kept_.action_size}, env_.device())),
      reward_(torch::zeros({1}, env_.device())),
      numbers_(
          torch::zeros({static_cast<std::int64_t>(method_->number_names().size())}, env_.device())),
      readback_(numbers_.size(0) + 2, env_.device()),
      timer_(make_phase_timer(env_.device())),
      steps_(env_.device()),
      updates_(env_.device()) {
  buffer_.start(env_);
}

IterationReport OffPolicyLearner::iterate() {
  const torch::NoGradGuard no_grad;
  timer_->begin(Phase::kPolicy);
  reward_.zero_();
  numbers_.zero_();
  ops_.draw_noise(pool_, stream_seed(seed_, Stream::kActionNoise), kept_.first_env_id, steps_,
                  noise_);
  const std::int64_t updates_before = updates_.value();
  for (std::int64_t step = 0; step < config_.num_steps; ++step) {
    timer_->begin(Phase::kPolicy);
    act(step);
    timer_->begin(Phase::kSimulator);
    buffer_.step(env_, is_unit(kept_.action_bounds) ? buffer_.action() : env_action_);
    timer_->begin(Phase::kPolicy);
    observe();
    timer_->begin(Phase::kUpdate);
    if (buffer_.steps() >= config_.warmup_steps) learn();
  }
  timer_->stop();
  env_.send_stats();
  ++iteration_;
  return report(updates_.value() - updates_before);
}

// The newest slot's action, and what the environments get for it.
void OffPolicyLearner::act(std::int64_t step) {
  const torch::Tensor action = buffer_.action(), obs = buffer_.obs(), noise = noise_[step];
  const bool blindly = steps_.value() + step < config_.warmup_steps;
  for_each_slice(pool_, SlicePlan(kept_.num_envs, ops_.rows_a_slice.act),
                 [&](const Slice& slice, int thread) {
                   const auto rows = [&](const torch::Tensor& x) {
                     return x.narrow(0, slice.begin, slice.rows);
                   };
                   torch::Tensor input = rows(obs_), out = rows(action);
                   if (blindly) {
                     method_->explore_blindly(rows(noise), out);
                   } else {
                     obs_normaliser_.apply(rows(obs), input);
                     method_->explore({input, rows(noise), rows(spread_)}, thread, out);
                   }
                 });
  const Range& bounds = kept_.action_bounds;
  if (!is_unit(bounds))
    at::mul_out(env_action_, action, torch::full({}, half_width(bounds), action.options()))
        .add_(middle(bounds));
}

void OffPolicyLearner::observe() {
  reward_.add_(buffer_.reward(1).mean());
  obs_normaliser_.update(pool_, buffer_.obs());
  if (kept_.privileged_obs_size > 0) privileged_normaliser_.update(pool_, buffer_.privileged_obs());
}

void OffPolicyLearner::learn() {
  const std::int64_t count = config_.updates_per_step;
  if (method_->update_noise() > 0)
    ops_.draw_noise(pool_, stream_seed(seed_, Stream::kUpdateNoise), 0, updates_, update_noise_);
  const torch::Tensor index =
      buffer_.draw(count, config_.batch_size, config_.n_step,
                   cpu_generator(stream_seed(seed_, Stream::kReplay,
                                             static_cast<std::uint64_t>(updates_.value()))));
  for (std::int64_t k = 0; k < count; ++k) {
    for_each_slice(pool_, SlicePlan(config_.batch_size, ops_.rows_a_slice.update),
                   [&](const Slice& slice, int) {
                     Minibatch rows = batch_.narrow(slice.begin, slice.rows);
                     buffer_.gather(ops_, index[k].narrow(0, slice.begin, slice.rows),
                                    config_.n_step, config_.gamma,
                                    {obs_normaliser_.scaling(), privileged_normaliser_.scaling()},
                                    rows);
                     rows.returns.mul_(config_.reward_scale);
                   });
    method_->update(batch_, update_noise_[k], updates_.value() + k, numbers_);
  }
  updates_.advance(count);
}

torch::Tensor OffPolicyLearner::skipped() const {
  torch::Tensor sum = torch::zeros({1}, env_.device());
  for (const NamedNetworks& each : method_->networks()) sum.add_(each.networks.skipped());
  return sum;
}

// Waits for the device: the only time in an iteration.
IterationReport OffPolicyLearner::report(std::int64_t updates) {
  readback_.send(torch::cat({reward_, numbers_, skipped()}));
  steps_.advance(config_.num_steps);
  const float* numbers = readback_.wait().const_data_ptr<float>();
  IterationReport out;
  out.iteration = iteration_;
  out.env_steps = env_steps();
  out.mean_reward = numbers[0] / static_cast<float>(config_.num_steps);
  const double each = updates == 0 ? 0.0 : 1.0 / static_cast<double>(updates);
  std::size_t at = 1;
  for (const std::string_view name : method_->number_names())
    out.scalars.emplace_back(name, each * numbers[at++]);
  const auto skipped = static_cast<std::int64_t>(numbers[at]);
  out.scalars.emplace_back("train/skipped_updates", static_cast<double>(skipped));
  out.scalars.emplace_back("train/kept_steps", static_cast<double>(buffer_.steps()));
  const PhaseSeconds seconds = timer_->seconds();
  out.simulator_seconds = seconds[Phase::kSimulator];
  out.policy_seconds = seconds[Phase::kPolicy];
  out.update_seconds = seconds[Phase::kUpdate];
  // Blames the environment for what is not finite, if it can be blamed.
  if (skipped > skipped_updates_ || !std::isfinite(out.mean_reward))
    buffer_.check_finite(config_.num_steps);
  skipped_updates_ = skipped;
  return out;
}

std::string OffPolicyLearner::complaint() const {
  const auto networks = static_cast<std::int64_t>(method_->networks().size());
  const std::int64_t updates = networks * updates_.value();
  if (!too_many_skipped(skipped_updates_, updates)) return {};
  return text(skipped_updates_, " of ", updates,
              " gradient steps were skipped because their gradient was not finite, so the policy "
              "learnt less than its steps say; try smaller learning rates in [",
              section_, "]");
}

PolicyNetwork OffPolicyLearner::policy() const {
  PolicyNetwork network = method_->policy(obs_normaliser_);
  if (!is_unit(kept_.action_bounds))
    network.layers.push_back(scaling_layer(kept_.action_size, kept_.action_bounds));
  return network;
}

// What must agree between a checkpoint and the learner that loads it.
std::string OffPolicyLearner::description() const {
  std::string out = text(section_, ", obs ", kept_.obs_size, ", privileged obs ",
                         kept_.privileged_obs_size, ", action ", kept_.action_size, ", ",
                         config_.activation, config_.symmetric ? ", symmetric" : ", not symmetric",
                         config_.normalise_obs ? ", normalised" : ", not normalised");
  if (config_.action_range != 1.0f) out += text(", actions over ", config_.action_range);
  for (const NamedNetworks& each : method_->networks()) {
    out += text(", ", each.name);
    for (const DenseShape& layer : each.networks.shape()) out += text(' ', layer.out);
  }
  return out;
}

void OffPolicyLearner::save(const std::filesystem::path& path, const std::string& config) const {
  TensorArchive archive;
  put_summary(archive, {config, iteration_, env_steps(), policy()});
  archive.put("network", description());
  archive.put("num_envs", std::int64_t{kept_.num_envs});
  archive.put("seed", static_cast<std::int64_t>(seed_));
  archive.put("updates", updates_.value());
  archive.put("skipped_updates", skipped_updates_);
  archive.put("normaliser/obs", obs_normaliser_.state());
  archive.put("normaliser/privileged_obs", privileged_normaliser_.state());
  archive.put("env", env_.save_state());
  for (const NamedNetworks& each : method_->networks()) each.networks.save(archive, each.name);
  method_->save(archive);
  buffer_.save(archive, config_.save_buffer);
  archive.save(path);
}

void OffPolicyLearner::check_networks(const TensorArchive& archive,
                                      const std::filesystem::path& path) const {
  KENNEL_CHECK(archive.text("network") == description(), path.string(), " holds networks of ",
               archive.text("network"), "; this run has ", description(),
               "; use the recipe it was trained with");
  for (const NamedNetworks& each : method_->networks())
    each.networks.check(archive, each.name, path.string());
}

void OffPolicyLearner::load(const std::filesystem::path& path) {
  const torch::NoGradGuard no_grad;
  const TensorArchive archive = TensorArchive::load(path);
  check_networks(archive, path);
  KENNEL_CHECK(archive.number("num_envs") == kept_.num_envs, path.string(), " was saved with ",
               archive.number("num_envs"), " environments; this run has ", kept_.num_envs,
               "; use the same number to resume");
  buffer_.check(archive, path.string());
  env_.load_state(archive.tensor("env"));  // may refuse; nothing has changed until here
  for (const NamedNetworks& each : method_->networks()) each.networks.load(archive, each.name);
  method_->load(archive);
  obs_normaliser_.set_state(archive.tensor("normaliser/obs"));
  privileged_normaliser_.set_state(archive.tensor("normaliser/privileged_obs"));
  buffer_.load(archive);
  iteration_ = archive.number("iteration");
  steps_.set(archive.number("env_steps") / kept_.num_envs);
  updates_.set(archive.number("updates"));
  skipped_updates_ = archive.number("skipped_updates");
  seed_ = static_cast<std::uint64_t>(archive.number("seed"));
}

void OffPolicyLearner::load_networks(const std::filesystem::path& path) {
  const torch::NoGradGuard no_grad;
  const TensorArchive archive = TensorArchive::load(path);
  check_networks(archive, path);
  for (const NamedNetworks& each : method_->networks())
    each.networks.load_parameters(archive, each.name);
  obs_normaliser_.set_state(archive.tensor("normaliser/obs"));
  privileged_normaliser_.set_state(archive.tensor("normaliser/privileged_obs"));
}

}  // namespace kennel
