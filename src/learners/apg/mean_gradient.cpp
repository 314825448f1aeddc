#include "src/learners/apg/mean_gradient.h"

#include <cmath>

#include "kennel/rl/slices.h"

namespace kennel {
namespace {

constexpr std::int64_t kEpisodesASlice = 8;

/// What each episode gave.
struct EpisodeRows {
  std::size_t num_parameters;
  std::vector<EpisodeOutcome> outcomes;  // (count)
  std::vector<double> gradients;         // (count, num_parameters)

  std::span<double> gradient(std::size_t episode) {
    return std::span(gradients).subspan(episode * num_parameters, num_parameters);
  }
};

bool finite(double earned, std::span<const double> gradient) {
  bool all = std::isfinite(earned);
  for (const double g : gradient) all = all && std::isfinite(g);
  return all;
}

}  // namespace

MeanGradient mean_gradient(const DifferentiableTask& task, std::span<const double> parameters,
                           const Episodes& episodes, WorkerPool& pool) {
  const auto count = static_cast<std::size_t>(episodes.count);
  EpisodeRows rows{parameters.size(), std::vector<EpisodeOutcome>(count),
                   std::vector<double>(count * parameters.size())};
  for_each_slice(pool, SlicePlan(episodes.count, kEpisodesASlice), [&](const Slice& slice, int) {
    for (std::int64_t k = slice.begin; k < slice.begin + slice.rows; ++k) {
      const auto episode = static_cast<std::size_t>(k);
      rows.outcomes[episode] = task.gradient(parameters, {episodes.seed, episode}, episodes.horizon,
                                             rows.gradient(episode));
    }
  });
  // Summed by one thread, episode after episode.
  const double n = episodes.count;
  MeanGradient out;
  out.gradient.assign(parameters.size(), 0.0);
  for (std::size_t episode = 0; episode < count; ++episode) {
    const std::span<const double> gradient = rows.gradient(episode);
    const EpisodeOutcome& outcome = rows.outcomes[episode];
    if (out.broken < 0 && !finite(outcome.earned, gradient)) out.broken = static_cast<int>(episode);
    out.mean_return += outcome.earned / n;
    out.fallen += outcome.fallen ? 1.0 / n : 0.0;
    for (std::size_t k = 0; k < gradient.size(); ++k) out.gradient[k] += gradient[k] / n;
  }
  double squares = 0.0;
  for (std::size_t episode = 0; episode < count; ++episode)
    for (std::size_t k = 0; k < parameters.size(); ++k) {
      const double off = rows.gradient(episode)[k] - out.gradient[k];
      squares += off * off;
    }
  out.deviation = count > 1 ? std::sqrt(squares / (n - 1.0)) : 0.0;
  return out;
}

}  // namespace kennel
