#include "src/learners/search/search_learner.h"

#include <string_view>
#include <variant>

#include "kennel/core/check.h"
#include "kennel/rl/checkpoint.h"
#include "kennel/rl/collective.h"
#include "src/learners/learner_parts.h"

namespace kennel {
namespace {

const Mirrors* mirrors_of(const LearnerParts& parts, const SearchConfig& config,
                          const std::string& method) {
  if (!config.symmetric) return nullptr;
  KENNEL_CHECK(parts.mirrors, method,
               ".symmetric = true, but left and right of these environments are not known; say "
               "symmetric = false");
  return &*parts.mirrors;
}

/// What a gait has no use for is off: it reads the command alone, and has no layers to tie.
SearchConfig effective(SearchConfig config) {
  if (config.is_gait()) config.normalise_obs = config.symmetric = false;
  return config;
}

void check(const LearnerParts& parts, const SearchParts& search) {
  check_config(parts);
  KENNEL_CHECK(parts.all.size() == 1, search.method, " trains in one process; ", parts.all.size(),
               " were started");
}

/// \param section  of any of the searches
bool drew_alike(ConfigBlock section) {
  for (const AnyField& field : section.fields())
    if (field.name == std::string_view("common_random_numbers"))
      return *std::get<bool*>(field.value);
  return false;
}

const LearnerParts& checked(const LearnerParts& parts, const SearchParts& search) {
  check(parts, search);
  return parts;
}

}  // namespace

SearchLearner::SearchLearner(const LearnerParts& parts, const SearchParts& search)
    : env_(checked(parts, search).env),
      config_(effective(search.config)),
      method_(search.method),
      seed_(parts.seed),
      pool_(threads_of(parts)),
      candidates_(make_candidates(method_, env_.spec(), config_,
                                  mirrors_of(parts, config_, method_), parts.gait)),
      normaliser_(env_.spec().obs_size, config_.normalise_obs,
                  config_.symmetric ? &parts.mirrors->obs : nullptr, env_.device(), parts.ops),
      rollout_(env_, *candidates_, config_, pool_, parts.ops),
      make_(search.make),
      search_(make_(candidates_->start(seed_), seed_)),
      timer_(make_phase_timer(env_.device())) {}

// The statistics of a generation stay what they were when it began.
torch::Tensor SearchLearner::folded(const torch::Tensor& parameters) const {
  return candidates_->folded(parameters, normaliser_.mean(), normaliser_.inv_std());
}

PolicyNetwork SearchLearner::policy() const {
  return candidates_->deployed(folded(search_->mean().unsqueeze(0)));
}

IterationReport SearchLearner::iterate() {
  const torch::NoGradGuard no_grad;
  timer_->begin(Phase::kUpdate);
  const torch::Tensor candidates = search_->ask(iteration_);
  const torch::Tensor policies = folded(candidates).to(torch::kFloat32).to(env_.device());
  const Evaluation evaluation =
      rollout_.run(policies, normaliser_, *timer_, iteration_, search_->wants_rewards());
  timer_->begin(Phase::kUpdate);
  const MendedScores scores = mended(evaluation);
  const torch::Tensor before = search_->mean();
  if (search_->wants_rewards()) {
    search_->tell_rewards(scores.scores, scores.rewards);
  } else {
    search_->tell(scores.scores);
  }
  timer_->stop();
  ++iteration_;
  env_steps_ += std::int64_t{config_.rollout_steps} * env_.spec().num_envs;
  IterationReport out{.iteration = iteration_,
                      .env_steps = env_steps_,
                      .mean_reward = evaluation.mean_reward,
                      .scalars = {{"train/best_return", scores.scores.max().item<double>()},
                                  {"train/mean_return", scores.scores.mean().item<double>()},
                                  {"train/fallen", evaluation.fallen},
                                  {"train/failed_candidates", static_cast<double>(scores.failed)},
                                  {"train/step", (search_->mean() - before).norm().item<double>()},
                                  {"train/parameter_norm", search_->mean().norm().item<double>()}}};
  for (Scalar& scalar : search_->scalars()) out.scalars.push_back(std::move(scalar));
  const PhaseSeconds seconds = timer_->seconds();
  out.simulator_seconds = seconds[Phase::kSimulator];
  out.policy_seconds = seconds[Phase::kPolicy];
  out.update_seconds = seconds[Phase::kUpdate];
  return out;
}

// What must agree between a checkpoint and the learner that loads its policy.
std::string SearchLearner::description() const {
  return text(candidates_->description(), ", obs ", env_.spec().obs_size, ", action ",
              env_.spec().action_size, config_.symmetric ? ", symmetric" : ", not symmetric",
              config_.normalise_obs ? ", normalised" : ", not normalised");
}

void SearchLearner::save(const std::filesystem::path& path, const std::string& config) const {
  TensorArchive archive;
  put_summary(archive, {config, iteration_, env_steps_, policy()});
  archive.put("network", description());
  archive.put("method", method_);
  archive.put("num_envs", std::int64_t{env_.spec().num_envs});
  archive.put("seed", static_cast<std::int64_t>(seed_));
  archive.put("normaliser/obs", normaliser_.state());
  archive.put("env", env_.save_state());
  search_->save(archive);
  archive.save(path);
}

void SearchLearner::check_policy(const TensorArchive& archive,
                                 const std::filesystem::path& path) const {
  KENNEL_CHECK(archive.text("network") == description(), path.string(), " holds a ",
               archive.text("network"), "; this run has a ", description(),
               "; use the recipe it was trained with");
  for (const char* name : {"search/mean", "normaliser/obs"})
    KENNEL_CHECK(archive.tensor(name).isfinite().all().item<bool>(), path.string(), ": its ", name,
                 " hold a number that is not finite; try an older checkpoint");
}

void SearchLearner::load(const std::filesystem::path& path) {
  const torch::NoGradGuard no_grad;
  const TensorArchive archive = TensorArchive::load(path);
  check_policy(archive, path);
  KENNEL_CHECK(archive.text("method") == method_, path.string(), " is of ", archive.text("method"),
               "; this run learns by ", method_, "; use the recipe it was trained with");
  KENNEL_CHECK(archive.number("num_envs") == env_.spec().num_envs, path.string(),
               " was saved with ", archive.number("num_envs"), " environments; this run has ",
               env_.spec().num_envs, "; use the same number to resume");
  const auto seed = static_cast<std::uint64_t>(archive.number("seed"));
  std::unique_ptr<Search> search = make_(archive.tensor("search/mean"), seed);
  search->load(archive);
  env_.load_state(archive.tensor("env"));  // may refuse; nothing has changed until here
  search_ = std::move(search);
  normaliser_.set_state(archive.tensor("normaliser/obs"));
  iteration_ = archive.number("iteration");
  env_steps_ = archive.number("env_steps");
  seed_ = seed;
}

// The checkpoint's environments are numbered alike.
void SearchLearner::take_edits(const ConfigBlock& before) {
  if (!config_.common_random_numbers && drew_alike(before)) rollout_.draw_apart(iteration_);
}

void SearchLearner::load_networks(const std::filesystem::path& path) {
  const torch::NoGradGuard no_grad;
  const TensorArchive archive = TensorArchive::load(path);
  check_policy(archive, path);
  search_->set_mean(archive.tensor("search/mean"));
  normaliser_.set_state(archive.tensor("normaliser/obs"));
}

}  // namespace kennel
