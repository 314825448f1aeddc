// The analytic policy gradient: gradient ascent on the return, whose gradient is that of the
// rollout's own program, dynamics included (APG of Brax: Freeman et al. 2021, arXiv 2106.13281,
// section 4, brax/training/agents/apg).
//
//   a_t = pi(o_t; theta),  s_{t+1} = f(s_t, a_t),  J_e = sum_{t < H} r(s_t, a_t)
//   ds_{t+1} = f_s ds_t + f_a (pi_o o_s ds_t + pi_theta),  dJ_e = sum_t r_s ds_t + r_a da_t
//   g = 1/E sum_e dJ_e                            episodes e = 1..E, new ones each time
//   theta <- theta + Adam(g min(1, max_grad_norm / |g|))
//
// Forward mode: the derivatives ds by all of theta are carried along the rollout (core/dual.h),
// where Brax goes backwards over a stored one. That takes no memory and time that grows with the
// number of parameters, so it is for few: linear policies of the small tasks that have derivatives
// (run/derivatives.h), and the twelve numbers of a gait on robots that walk (gradient/
// gait_episodes.h says what of an episode counts). There is no critic, no exploration, and no noise
// but that of starts and disturbances: on the linear-quadratic regulator every episode's gradient
// vanishes at K*, and the method comes to it to all digits.
//
// It is right where reward and motion are smooth and the horizon is short. It fails where
//   - motion is sensitive: gradients grow exponentially with the horizon, their spread with them,
//     and a few episodes drown the others (train/gradient_std beside train/gradient_norm shows it);
//   - contacts make and break: a jump has no derivative, so the mean of derivatives is not the
//     derivative of the mean (Suh et al. 2022, ICML, section 3; `kennel gradient` shows examples
//     and what mixes with the zeroth order are worth);
//   - an action or a parameter is at its bound: it has no derivative there, and nothing pulls it
//     back.
//
// Of a gait `kennel gradient` says how short: on the default robot at 0.4 m/s, physics of 4 ms, the
// cosine between the mean of 64 gradients at noisy parameters and the gradient of the return under
// that noise, in the numbers' own steps.
//   control steps                   1      4      16     64
//   first order, noise of 0.1       0.999  0.998  0.973  0.606
//   from values alone, 0.1          0.882  0.873  0.794  0.556
//   first order, noise of 0.3       0.997  0.985  0.789  0.564
// A gradient varies 180 times less than an estimate from a value over 1 control step, 54 times less
// over 16 and 15 times less over 64. Physics of 2 or 1 ms changes little of it. Hence a robot's
// episodes have 16 control steps.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "kennel/contract/vec_env.h"
#include "kennel/rl/differentiable_task.h"
#include "kennel/rl/learner_entry.h"
#include "kennel/rl/phase_timer.h"
#include "kennel/rl/tensor_archive.h"
#include "kennel/rl/worker_pool.h"
#include "src/learners/apg/adam_ascent.h"
#include "src/learners/apg/apg_config.h"
#include "src/learners/apg/mean_gradient.h"

namespace kennel {

/// One iteration is one step of Adam. It never steps the environments: its episodes are the
/// differentiable task's own, keyed by (seed, iteration, episode). It computes on the CPU, whatever
/// the environments' device. Same seed, same build: the same bits, on any number of threads.
class Apg final : public Learner {
 public:
  /// \throws Error when the config is wrong, the task has no derivatives or shorter episodes than
  /// the horizon, or other ranks train along
  explicit Apg(const LearnerParts& parts);

  /// \throws Error naming the episode, nothing changed, when a return or a derivative is not finite
  IterationReport iterate() override;

  std::vector<Scalar> drain_stats() override;
  void set_progress(double fraction) override;
  std::int64_t iteration() const override { return iteration_; }
  std::int64_t env_steps() const override { return env_steps_; }
  PolicyNetwork policy() const override;

  void save(const std::filesystem::path& path, const std::string& config) const override;
  void load(const std::filesystem::path& path) override;

  /// Takes the parameters; Adam begins anew.
  void load_networks(const std::filesystem::path& path) override;

 private:
  /// Of episodes since the last `drain_stats`.
  struct Tally {
    double episodes = 0, earned = 0;
  };

  int horizon() const;
  double learning_rate() const;
  std::span<const double> numbers() const;
  std::string description() const;
  torch::Tensor checked_parameters(const TensorArchive& archive,
                                   const std::filesystem::path& path) const;

  VecEnv& env_;
  ApgConfig config_;
  std::uint64_t seed_;
  const DifferentiableTask& task_;
  WorkerPool pool_;
  torch::Tensor parameters_;  // (num_parameters) float64
  AdamAscent adam_;
  std::unique_ptr<PhaseTimer> timer_;
  Tally tally_;
  double progress_ = 0.0;  // from 0 to 1
  std::int64_t iteration_ = 0, env_steps_ = 0;
};

}  // namespace kennel
