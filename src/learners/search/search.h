// Search in parameters: a method asks for the scores of a population of candidates and moves its
// mean by them, generation after generation. It knows no policy and no environment.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "kennel/io/event_file.h"
#include "kennel/rl/random.h"
#include "kennel/rl/tensor_archive.h"

namespace kennel {

/// A maximiser of a function that is only ever evaluated. All tensors are float64 on the CPU. Its
/// random numbers are keyed by (seed, generation): nothing of them has to be remembered.
class Search {
 public:
  virtual ~Search() = default;

  /// The candidates of a generation, (population, n).
  virtual torch::Tensor ask(std::int64_t generation) = 0;

  /// Learns from the scores (population) of what was asked for last, finite numbers; higher is
  /// better.
  virtual void tell(const torch::Tensor& scores) = 0;

  /// Whether it learns from rewards by control step: then `tell_rewards` is called, not `tell`.
  virtual bool wants_rewards() const { return false; }

  /// As `tell`, for a search that wants rewards.
  /// \param rewards  (population, control steps), whose sums over steps are the scores to rounding
  virtual void tell_rewards(const torch::Tensor& scores, const torch::Tensor& /*rewards*/) {
    tell(scores);
  }

  /// Where the search is, (n): what is deployed.
  virtual const torch::Tensor& mean() const = 0;

  /// Goes on from another place.
  virtual void set_mean(const torch::Tensor& mean) = 0;

  /// Its own numbers for logs, the same names each time.
  virtual std::vector<Scalar> scalars() const = 0;

  /// All of its state between a `tell` and the next `ask`.
  virtual void save(TensorArchive& archive) const = 0;

  /// \throws Error, nothing changed, when the archive holds no such state
  virtual void load(const TensorArchive& archive) = 0;
};

/// Standard normal numbers of a generation, (rows, columns) float64.
inline torch::Tensor search_noise(std::uint64_t seed, std::int64_t generation, std::int64_t rows,
                                  std::int64_t columns) {
  const auto number = static_cast<std::uint64_t>(generation);
  return torch::randn({rows, columns},
                      cpu_generator(stream_seed(seed, Stream::kActionNoise, number)),
                      torch::kFloat64);
}

/// Indices of scores (population) from the best to the worst, int64; equal ones in their order.
inline torch::Tensor best_first(const torch::Tensor& scores) {
  return scores.argsort(/*stable=*/true, /*dim=*/0, /*descending=*/true);
}

/// How far scores (population) are apart, best less worst; exactly 0 where nothing tells one from
/// another.
inline double spread_of(const torch::Tensor& scores) {
  return (scores.max() - scores.min()).item<double>();
}

}  // namespace kennel
