#include "kennel/run/derivatives.h"

#include "kennel/core/check.h"
#include "kennel/gradient/small_return.h"
#include "src/run/gait_derivatives.h"

namespace kennel {
namespace {

/// A linear policy on a small task.
class LinearOnSmallTask final : public DifferentiableTask {
 public:
  LinearOnSmallTask(const small::TaskRow& task, const gradient::SmallReturn& of)
      : task_(task), of_(of) {}

  std::string description() const override { return "linear policy"; }
  int num_parameters() const override { return of_.num_parameters; }
  int episode_steps() const override { return task_.episode_steps; }
  bool pays_reward() const override { return true; }

  std::vector<double> start() const override {
    return std::vector<double>(static_cast<std::size_t>(of_.num_parameters), 0.0);
  }

  EpisodeOutcome gradient(std::span<const double> parameters, const EpisodeKey& episode,
                          int horizon, std::span<double> out) const override {
    const small::Draw start{episode.seed, episode.index, kFirstEpisode, 0};
    return {.earned = of_.gradient(parameters, start, horizon, out)};
  }

  PolicyNetwork policy(std::span<const double> parameters) const override {
    const std::size_t weights = parameters.size() - static_cast<std::size_t>(task_.action_size);
    DenseLayer layer{task_.obs_size(), task_.action_size, {}, {}, ""};
    for (std::size_t k = 0; k < parameters.size(); ++k)
      (k < weights ? layer.weights : layer.bias).push_back(static_cast<float>(parameters[k]));
    PolicyNetwork network;
    network.layers.push_back(std::move(layer));
    return network;
  }

 private:
  static constexpr std::uint32_t kFirstEpisode = 1;  // as environments count theirs

  const small::TaskRow& task_;
  const gradient::SmallReturn& of_;
};

/// "the task chain has none; tasks that have: lqr, ..."
std::string why_not(const std::string& task) {
  std::string known;
  for (const std::string& name : gradient::differentiable_tasks())
    known += (known.empty() ? "" : ", ") + name;
  return text("the task ", task, " has none; tasks that have: ", known, ", and ", kWalkTask,
              " of a robot, by the numbers of a gait");
}

}  // namespace

int differentiated_steps(const RunConfig& config) {
  const small::TaskRow* task = small_task_of(config);
  return task != nullptr ? task->episode_steps : kGaitEpisodeSteps;
}

// The one place that knows which tasks have derivatives, and by which numbers.
Derivatives derivatives_of(const RunConfig& config) {
  const small::TaskRow* task = small_task_of(config);
  if (task == nullptr)
    return {nullptr, text("the task ", config.task.name,
                          " of a robot has some by the numbers of a gait alone")};
  const gradient::SmallReturn* of = gradient::small_return(*task);
  if (of == nullptr) return {nullptr, why_not(task->name)};
  return {std::make_unique<LinearOnSmallTask>(*task, *of), {}};
}

Derivatives derivatives_of(const RunConfig& config, const Robot& robot,
                           const std::optional<GaitContract>& gait) {
  return gait ? gait_derivatives(config.env, robot, *gait) : derivatives_of(config);
}

}  // namespace kennel
