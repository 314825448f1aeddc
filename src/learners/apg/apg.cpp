#include "src/learners/apg/apg.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "kennel/core/check.h"
#include "kennel/rl/checkpoint.h"
#include "kennel/rl/collective.h"
#include "kennel/rl/random.h"
#include "src/learners/learner_parts.h"

namespace kennel {
namespace {

constexpr const char* kParameters = "apg/parameters";

const DifferentiableTask& task_of(const LearnerParts& parts) {
  check_config(parts);
  KENNEL_CHECK(
      parts.differentiable != nullptr, "apg climbs the derivatives of a task's return: ",
      parts.not_differentiable.empty() ? "these environments have none" : parts.not_differentiable);
  KENNEL_CHECK(parts.all.size() == 1, "apg trains in one process; ", parts.all.size(),
               " were started");
  const int horizon = parts.config.as<ApgConfig>().horizon;
  const int most = parts.differentiable->episode_steps();
  KENNEL_CHECK(horizon <= most, "apg.horizon = ", horizon, " is longer than an episode of ", most,
               " control steps; try ", most, ", or 0 for the whole episode");
  return *parts.differentiable;
}

torch::Tensor tensor_of(const std::vector<double>& numbers) {
  return torch::tensor(numbers, torch::kFloat64);
}

}  // namespace

Apg::Apg(const LearnerParts& parts)
    : env_(parts.env),
      config_(parts.config.as<ApgConfig>()),
      seed_(parts.seed),
      task_(task_of(parts)),
      pool_(cpu_threads_of(parts)),
      parameters_(tensor_of(task_.start())),
      adam_(parameters_.size(0)),
      timer_(make_phase_timer(torch::kCPU)) {}

int Apg::horizon() const { return config_.horizon > 0 ? config_.horizon : task_.episode_steps(); }

double Apg::learning_rate() const {
  const double first = config_.learning_rate, left = config_.final_learning_rate_factor;
  return first * (1.0 - (1.0 - left) * progress_);
}

std::span<const double> Apg::numbers() const {
  return {parameters_.const_data_ptr<double>(), static_cast<std::size_t>(parameters_.size(0))};
}

void Apg::set_progress(double fraction) {
  progress_ = fraction;
  env_.set_progress(fraction);
}

PolicyNetwork Apg::policy() const { return task_.policy(numbers()); }

IterationReport Apg::iterate() {
  const torch::NoGradGuard no_grad;
  timer_->begin(Phase::kSimulator);
  const auto number = static_cast<std::uint64_t>(iteration_);
  const Episodes episodes{stream_seed(seed_, Stream::kActionNoise, number), config_.episodes,
                          horizon()};
  const MeanGradient mean = mean_gradient(task_, numbers(), episodes, pool_);
  timer_->begin(Phase::kUpdate);
  KENNEL_CHECK(mean.broken < 0, "episode ", mean.broken, " of iteration ", iteration_ + 1,
               " has a return or a gradient that is not finite; try a shorter apg.horizon than ",
               episodes.horizon, " or a smaller apg.learning_rate than ", config_.learning_rate);
  const torch::Tensor gradient = tensor_of(mean.gradient);
  const double norm = gradient.norm().item<double>(), most = config_.max_grad_norm;
  KENNEL_CHECK(std::isfinite(norm), "the gradient of iteration ", iteration_ + 1,
               " is longer than a number can be; try a shorter apg.horizon than ",
               episodes.horizon);
  const double rate = learning_rate();
  const torch::Tensor step = adam_.step(norm > most ? gradient * (most / norm) : gradient, rate,
                                        {config_.beta1, config_.beta2});
  parameters_ = parameters_ + step;
  timer_->stop();
  ++iteration_;
  env_steps_ += std::int64_t{episodes.count} * episodes.horizon;
  tally_.episodes += episodes.count;
  tally_.earned += mean.mean_return * episodes.count;
  IterationReport out{.iteration = iteration_,
                      .env_steps = env_steps_,
                      .mean_reward = mean.mean_return / episodes.horizon,
                      .scalars = {{"train/mean_return", mean.mean_return},
                                  {"train/fallen", mean.fallen},
                                  {"train/gradient_norm", norm},
                                  {"train/gradient_std", mean.deviation},
                                  {"train/step", step.norm().item<double>()},
                                  {"train/parameter_norm", parameters_.norm().item<double>()},
                                  {"train/learning_rate", rate}}};
  const PhaseSeconds seconds = timer_->seconds();
  out.simulator_seconds = seconds[Phase::kSimulator];
  out.policy_seconds = seconds[Phase::kPolicy];
  out.update_seconds = seconds[Phase::kUpdate];
  return out;
}

// An episode's return is known where the horizon is the whole of it. Of pay that is not the
// environments' reward nothing stands in its place.
std::vector<Scalar> Apg::drain_stats() {
  const Tally t = std::exchange(tally_, {});
  const double nothing = std::numeric_limits<double>::quiet_NaN();
  const bool rewarded = task_.pays_reward();
  const bool whole = rewarded && horizon() == task_.episode_steps() && t.episodes > 0;
  const double earned = t.earned / std::max(1.0, t.episodes);
  return {{"env/reward", rewarded ? earned / horizon() : nothing},
          {"episode/count", whole ? t.episodes : 0.0},
          {"episode/return", whole ? earned : nothing},
          {"episode/seconds", whole ? horizon() * env_.spec().control_dt : nothing}};
}

// What must agree between a checkpoint and the learner that loads its parameters.
std::string Apg::description() const {
  return text(task_.description(), " of ", task_.num_parameters(), " numbers, obs ",
              env_.spec().obs_size, ", action ", env_.spec().action_size);
}

void Apg::save(const std::filesystem::path& path, const std::string& config) const {
  TensorArchive archive;
  put_summary(archive, {config, iteration_, env_steps_, policy()});
  archive.put("network", description());
  archive.put("method", std::string(ApgConfig::kSection));
  archive.put("seed", static_cast<std::int64_t>(seed_));
  archive.put(kParameters, parameters_);
  adam_.put(archive);
  archive.save(path);
}

torch::Tensor Apg::checked_parameters(const TensorArchive& archive,
                                      const std::filesystem::path& path) const {
  KENNEL_CHECK(archive.has_tensor(kParameters), path.string(),
               " was not saved by apg; use the recipe it was trained with");
  KENNEL_CHECK(archive.text("network") == description(), path.string(), " holds a ",
               archive.text("network"), "; this run has a ", description(),
               "; use the recipe it was trained with");
  const torch::Tensor parameters = archive.tensor(kParameters);
  KENNEL_CHECK(parameters.sizes() == parameters_.sizes() &&
                   parameters.scalar_type() == parameters_.scalar_type(),
               path.string(), ": expected ", parameters_.numel(), " parameters of float64, got ",
               parameters.toString(), " of ", parameters.numel(), "; try an older checkpoint");
  KENNEL_CHECK(parameters.isfinite().all().item<bool>(), path.string(),
               ": its parameters hold a number that is not finite; try an older checkpoint");
  return parameters.clone();
}

void Apg::load(const std::filesystem::path& path) {
  const TensorArchive archive = TensorArchive::load(path);
  const torch::Tensor parameters = checked_parameters(archive, path);
  const std::int64_t seed = archive.number("seed"), iteration = archive.number("iteration");
  const std::int64_t env_steps = archive.number("env_steps");
  adam_.take(archive);  // may refuse; nothing has changed until here
  parameters_ = parameters;
  seed_ = static_cast<std::uint64_t>(seed);
  iteration_ = iteration;
  env_steps_ = env_steps;
}

void Apg::load_networks(const std::filesystem::path& path) {
  parameters_ = checked_parameters(TensorArchive::load(path), path);
  adam_ = AdamAscent(parameters_.size(0));
}

}  // namespace kennel
