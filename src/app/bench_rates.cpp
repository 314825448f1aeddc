#include "bench_rates.h"

#include <algorithm>
#include <chrono>

#include "kennel/lanes/vectors.h"
#include "kennel/rl/collective.h"
#include "kennel/rl/learner_ops.h"
#include "kennel/rl/operation_counter.h"
#include "kennel/rl/readback.h"
#include "kennel/run/derivatives.h"
#include "kennel/sim/make_env.h"
#include "policy_export.h"

namespace kennel {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::unique_ptr<VecEnv> env_for(const BenchCommand& command, const RunConfig& config,
                                const Robot& robot, int num_envs) {
  EnvOptions options;
  options.robot = config.robot;
  options.num_envs = num_envs;
  options.num_threads = command.threads;
  options.device = name_of(command.device);
  options.learner_bytes = [&](const EnvSpec& spec) {
    return command.learner ? config.method->bytes(spec, config.learner, ops_for(torch::kCUDA)) : 0;
  };
  return make_env(config.env, robot, options);
}

class VecEnvBench final : public EnvBench {
 public:
  explicit VecEnvBench(std::unique_ptr<VecEnv> env, float action_scale) : env_(std::move(env)) {
    torch::manual_seed(1);
    const EnvSpec& spec = env_->spec();
    const auto options = torch::TensorOptions().device(env_->device());
    for (int i = 0; i < kActions; ++i)
      actions_.push_back(torch::randn({spec.num_envs, spec.action_size}, options) *
                         (0.3f / action_scale));
    env_->reset();
  }

  double measure(double seconds) override {
    wait();
    const auto start = Clock::now();
    double steps = 0, elapsed = 0;
    while (elapsed < seconds) {
      for (const torch::Tensor& action : actions_) env_->step(action);
      wait();
      steps += static_cast<double>(kActions) * env_->spec().num_envs;
      elapsed = seconds_since(start);
    }
    return steps / elapsed;
  }

  std::string kernel() const override { return described(env_->spec().kernel); }

 private:
  /// A GPU runs behind the host: reading a number back waits for it.
  void wait() const {
    if (env_->device().is_cuda()) env_->buffers().reward.index({0}).item<float>();
  }

  static constexpr int kActions = 10;
  std::unique_ptr<VecEnv> env_;
  std::vector<torch::Tensor> actions_;
};

DeviceRequests count_requests(Learner& learner, VecEnv& env, const LearnerOps& ops) {
  const auto launches = [&] { return ops.launches ? ops.launches() : 0; };
  const OperationCounter counter;
  const std::int64_t launched = launches(), waited = Readback::waits();
  learner.set_progress(0.5);
  learner.iterate();
  env.drain_stats();
  const OperationCount count = counter.count();
  DeviceRequests out{.recordings = learner.recordings()};
  out.operations = count.operations + launches() - launched + out.recordings.played;
  out.waits = count.waits() + Readback::waits() - waited;
  return out;
}

}  // namespace

std::unique_ptr<EnvBench> make_env_bench(const BenchCommand& command, const RunConfig& config,
                                         const Robot& robot, int num_envs) {
  return std::make_unique<VecEnvBench>(env_for(command, config, robot, num_envs),
                                       config.env.task.action_scale);
}

double TrainRate::policy_flop_per_s() const {
  return steps_per_s * static_cast<double>(flop.policy()) / policy_share;
}

double TrainRate::update_flop_per_s() const {
  return steps_per_s * static_cast<double>(flop.update()) / update_share;
}

TrainRate measure_training(const BenchCommand& command, const RunConfig& config, const Robot& robot,
                           int num_envs) {
  const std::unique_ptr<VecEnv> env = env_for(command, config, robot, num_envs);
  const std::optional<GaitContract> gait =
      seeks_gait(config) ? std::optional(gait_of(config, robot)) : std::nullopt;
  const Derivatives derivatives = derivatives_of(config, robot, gait);
  const std::unique_ptr<Learner> learner =
      config.method->make({.env = *env,
                           .config = config.learner,
                           .seed = 1,
                           .mirrors = quadruped_mirrors(robot.traits, config.env),
                           .gait = gait,
                           .differentiable = derivatives.task.get(),
                           .not_differentiable = derivatives.why_not,
                           .num_threads = command.threads,
                           .ops = ops_for(env->device()),
                           .all = alone(),
                           .record = command.record});
  for (int k = 0; k < 2; ++k) learner->iterate();  // makes the memory, and what is recorded
  ThreadPool pool(command.threads);
  double peak = 0;
  TrainRate best;
  for (int repeat = 0; repeat < command.repeats; ++repeat) {
    if (!command.device.cuda) peak = std::max(peak, peak_flop_per_s(pool));
    const auto start = Clock::now();
    const std::int64_t before = learner->env_steps();
    double simulator = 0, policy = 0, update = 0;
    do {
      const IterationReport report = learner->iterate();
      simulator += report.simulator_seconds;
      policy += report.policy_seconds;
      update += report.update_seconds;
    } while (seconds_since(start) < command.seconds);
    const double elapsed = seconds_since(start),
                 rate = static_cast<double>(learner->env_steps() - before) / elapsed;
    if (rate > best.steps_per_s)
      best = {rate, simulator / elapsed, policy / elapsed, update / elapsed, learner->flop()};
  }
  best.peak_flop_per_s = peak;
  if (env->device().is_cuda())
    best.requests = count_requests(*learner, *env, ops_for(env->device()));
  return best;
}

}  // namespace kennel
