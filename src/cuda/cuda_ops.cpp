// The CUDA backend's column of LearnerOps: the kernels of kernels/learner on tensors, on LibTorch's
// current stream. Matrix products are LibTorch's, but for those of whole minibatches
// (cuda_minibatch.h).
#include "cuda_graph.h"
#include "cuda_minibatch.h"
#include "cuda_tensors.h"
#include "kennel/core/check.h"
#include "kennel/learners/ppo_ops.h"
#include "kennel/rl/cuda_entry.h"
#include "kennel/rl/fused_ops.h"
#include "kennel/rl/learner_ops.h"
#include "kernels/learner/learner_args.h"
#include "kernels/step_args.h"

namespace kennel {
namespace {

const float* read_if(const torch::Tensor& x) { return x.defined() ? read(x) : nullptr; }

torch::Tensor scratch(const torch::Tensor& like, std::int64_t rows, std::int64_t columns,
                      torch::ScalarType type = torch::kFloat32) {
  return torch::empty({rows, columns}, like.options().dtype(type));
}

ObservedRows observed(const torch::Tensor& x) {
  KENNEL_CHECK(x.is_contiguous(), "a kernel was given observations that are not contiguous");
  const bool bfloat16 = x.scalar_type() == torch::kBFloat16;
  KENNEL_CHECK(bfloat16 || x.scalar_type() == torch::kFloat32, "observations are ", x.scalar_type(),
               "; expected float32 or bfloat16");
  return {x.const_data_ptr(), bfloat16};
}

ScaledRows scaled(const torch::Tensor& x, const Scaling& scaling) {
  return {observed(x), read(scaling.mean), read(scaling.inv_std), count_of(x.size(1))};
}

KeyedSteps keyed(std::uint64_t key, const StepCounter& at) {
  return {key, at.word().const_data_ptr<std::int64_t>()};
}

TyingArgs tying_args(const TyingMap& map) {
  if (!map.first.defined()) return {};
  return {map.first.const_data_ptr<std::int64_t>(), map.second.const_data_ptr<std::int64_t>(),
          read(map.second_sign)};
}

void column_sums(const torch::Tensor& x, const torch::Tensor& out, const torch::Tensor& rest) {
  const std::int64_t first = out.numel(), others = rest.defined() ? rest.numel() : 0;
  launch_column_sums({read(x), count_of(x.size(0)), count_of(first), count_of(others), write(out),
                      rest.defined() ? write(rest) : nullptr},
                     stream_of(x));
}

// --- LearnerOps ---

void draw_noise(WorkerPool&, std::uint64_t key, std::int64_t first_env, const StepCounter& from,
                const torch::Tensor& noise) {
  launch_noise(keyed(key, from), static_cast<std::uint32_t>(first_env), count_of(noise.size(0)),
               count_of(noise.size(1)), count_of(noise.size(2)), write(noise), stream_of(noise));
}

void shuffle(std::uint64_t key, const StepCounter& at, int epoch, const EpochOrder& order,
             const torch::Tensor& out) {
  launch_order(keyed(key, at), epoch, order, out.mutable_data_ptr<std::int64_t>(), stream_of(out));
}

void gather(const torch::Tensor& x, const torch::Tensor& index, const Scaling* scaling,
            torch::Tensor& out) {
  if (scaling == nullptr) {
    torch_ops().gather(x, index, nullptr, out);
    return;
  }
  launch_gather(
      {scaled(x, *scaling), index.const_data_ptr<std::int64_t>(), write(out), index.size(0)},
      stream_of(out));
}

// The library adds a bias and rectifies within the product; other activations are one more pass.
void dense_forward(const Dense& layer, const torch::Tensor& x, torch::Tensor& y) {
  if (layer.activation == Activation::kRelu || layer.activation == Activation::kLinear) {
    torch_ops().dense_forward(layer, x, y);
    return;
  }
  at::mm_out(y, x, layer.weight);
  launch_bias_activation(layer_activation(layer.activation), read(layer.bias), y.size(0),
                         count_of(y.size(1)), write(y), stream_of(y));
}

void activation_backward(const Dense& layer, const torch::Tensor& y, torch::Tensor& grad,
                         torch::Tensor& bias_grad) {
  const torch::Tensor partial = scratch(grad, backward_blocks(grad.size(0)), grad.size(1));
  launch_activation_backward(layer_activation(layer.activation), read(y), grad.size(0),
                             count_of(grad.size(1)), write(grad), write(partial), stream_of(grad));
  column_sums(partial, bias_grad, {});
}

void input_gradient(const Dense& layer, const torch::Tensor& grad, const Dense& below,
                    const torch::Tensor& x, torch::Tensor& x_grad, torch::Tensor& bias_grad) {
  at::mm_out(x_grad, grad, layer.weight.t());
  activation_backward(below, x, x_grad, bias_grad);
}

// --- FusedOps ---

void sample(const NoiseAt& at, const torch::Tensor& mean, const torch::Tensor& log_std,
            const torch::Tensor& action, const torch::Tensor& log_prob) {
  launch_sample({keyed(at.key, at.from), count_of(at.step),
                 static_cast<std::uint32_t>(at.first_env), count_of(mean.size(0)),
                 count_of(mean.size(1)), read(mean), read(log_std), write(action), write(log_prob)},
                stream_of(action));
}

void gather_epoch(const RolloutBatch& batch, const Scaling& obs, const Scaling& privileged_obs,
                  std::uint64_t key, const StepCounter& at, int epoch, const EpochOrder& order,
                  const RolloutBatch& out) {
  launch_epoch({keyed(key, at), epoch, order, scaled(batch.obs, obs),
                scaled(batch.privileged_obs, privileged_obs), reading(batch.samples),
                count_of(batch.samples.action.size(1)), write(out.obs), write(out.privileged_obs),
                writing(out.samples)},
               stream_of(out.obs));
}

void advantages(const AdvantageInput& in, double gamma, double gae_lambda, bool normalise,
                const torch::Tensor& advantage, const torch::Tensor& returns) {
  const int envs = count_of(advantage.size(1)), blocks = advantage_blocks(envs);
  const torch::Tensor partial = scratch(advantage, blocks, 2, torch::kFloat64);
  double* sums = partial.mutable_data_ptr<double>();
  launch_advantages(
      {read(in.reward), read(in.value), read(in.next_value), read(in.terminated),
       read(in.truncated), static_cast<float>(gamma), static_cast<float>(gamma * gae_lambda),
       count_of(advantage.size(0)), envs, write(advantage), write(returns), sums},
      stream_of(advantage));
  if (normalise)
    launch_normalise(write(advantage), advantage.numel(), sums, blocks, stream_of(advantage));
}

void reduce(const GradientSlices& s) {
  launch_reduce(
      {tying_args(s.tying), count_of(s.free_gradient.size(0)), count_of(s.gradients.size(1)),
       count_of(s.gradients.size(0)), read(s.gradients), read(s.losses), count_of(s.log_std_at),
       read(s.entropy_coef), static_cast<float>(s.entropy_share), static_cast<float>(s.loss_scale),
       write(s.free_gradient), write(s.loss_sums)},
      stream_of(s.gradients));
}

void step(const OptimiserStep& s) {
  float* counts = write(s.counts);
  launch_adam({tying_args(s.tying),
               count_of(s.parameters.size(0)),
               read(s.gradient),
               write(s.parameters),
               write(s.first_moment),
               write(s.second_moment),
               {write(s.learning_rate), counts, counts + 1,
                static_cast<std::uint32_t*>(s.arrivals.mutable_data_ptr())},
               static_cast<float>(s.max_grad_norm),
               write(s.grad_norm),
               read_if(s.kl),
               read_if(s.kl_too_small),
               read_if(s.kl_too_large),
               static_cast<float>(s.rate_factor),
               static_cast<float>(s.min_rate),
               static_cast<float>(s.max_rate),
               count_of(s.free_log_std_at),
               static_cast<float>(s.min_log_std),
               static_cast<float>(s.max_log_std),
               write(s.dense)},
              stream_of(s.parameters));
}

void merge_moments(const torch::Tensor& batch, const RunningMoments& into) {
  const std::int64_t rows = batch.size(0), n = batch.size(1);
  const torch::Tensor partial =
      scratch(into.scaling.mean, 2 * moment_blocks(rows), n, torch::kFloat64);
  const MomentArgs moments{observed(batch), rows, count_of(n), read(into.scaling.mean),
                           partial.mutable_data_ptr<double>()};
  launch_moments(moments, stream_of(batch));
  const bool mirrored = into.mirror_index.defined();
  launch_merge({moments, mirrored ? into.mirror_index.const_data_ptr<std::int64_t>() : nullptr,
                mirrored ? into.mirror_sign.const_data_ptr<double>() : nullptr,
                into.count.mutable_data_ptr<double>(), into.mean.mutable_data_ptr<double>(),
                into.m2.mutable_data_ptr<double>(), write(into.scaling.mean),
                write(into.scaling.inv_std), write(into.scaling.offset), into.min_std},
               stream_of(batch));
}

// --- PpoOps ---

void losses(const Samples& samples, const torch::Tensor& index, const LossRule& rule,
            LossSlice& slice) {
  const std::int64_t rows = slice.mean.size(0), n = slice.mean.size(1);
  const torch::Tensor partial = scratch(slice.mean, loss_blocks(rows), n + 4);
  launch_losses({reading(samples), index.defined() ? index.const_data_ptr<std::int64_t>() : nullptr,
                 rows, count_of(n), read(slice.mean), read(slice.log_std), read(slice.value),
                 static_cast<float>(rule.clip_param), static_cast<float>(rule.scale),
                 static_cast<float>(rule.value_scale), rule.value_clip, write(slice.grad_mean),
                 write(slice.grad_value), write(partial)},
                stream_of(slice.mean));
  column_sums(partial, slice.grad_log_std, slice.sums);
}

constexpr FusedOps kFused = {.sample = sample,
                             .gather_epoch = gather_epoch,
                             .advantages = advantages,
                             .reduce = reduce,
                             .step = step,
                             .merge_moments = merge_moments};
constexpr PpoOps kPpoOps = {
    .losses = losses, .plan_minibatches = plan_cuda_minibatches, .minibatch = cuda_minibatch};

}  // namespace

extern "C" const LearnerOps* kennel_cuda_learner_ops() {
  static const LearnerOps kOps = [] {
    LearnerOps ops = torch_ops();
    ops.name = "cuda";
    ops.draw_noise = draw_noise;
    ops.shuffle = shuffle;
    ops.gather = gather;
    ops.dense_forward = dense_forward;
    ops.activation_backward = activation_backward;
    ops.input_gradient = input_gradient;
    ops.fused = &kFused;
    ops.ppo = &kPpoOps;
    ops.make_graph = cuda_graph_maker();
    ops.launches = launched_kernels;
    return ops;
  }();
  return &kOps;
}

}  // namespace kennel
