// The learner's arithmetic on the CPU: slices small enough for a core's cache, each operation one
// pass over it.
#include "kennel/core/assert.h"
#include "kennel/rl/learner_ops.h"
#include "src/rl/fused_rows.h"
#include "src/rl/keyed_rows.h"
#include "src/rl/products.h"

namespace kennel {
namespace {

// Small where a step of a laptop's batch shall still fill its cores; else activations stay in a
// core's second-level cache; measured with bench/ppo_update_bench.
constexpr RowsASlice kRowsASlice = {
    .act = 256, .value = 512, .update = 512, .moments = 512, .parameters = 4096};

void draw_noise(WorkerPool& pool, std::uint64_t key, std::int64_t first_env,
                const StepCounter& from, const torch::Tensor& noise) {
  pool.run(noise.size(0), [&](std::int64_t step, int) {
    keyed_noise(key, first_env, from.value() + step, noise[step]);
  });
}

void shuffle(std::uint64_t key, const StepCounter& at, int epoch, const torch::Tensor& order) {
  keyed_order(key, at.value(), epoch, order);
}

torch::Tensor set_flags(const torch::Tensor& flags, std::int64_t) {
  return flags.nonzero().squeeze(1);
}

void scale(const torch::Tensor& x, const Scaling& scaling, torch::Tensor& out) {
  at::sub_out(out, x, scaling.mean);
  out.mul_(scaling.inv_std);
}

Rows<const float> rows_of(const torch::Tensor& x) {
  KENNEL_ASSERT(x.stride(1) == 1);
  return {x.const_data_ptr<float>(), x.stride(0)};
}

void dense_forward(const Dense& layer, const torch::Tensor& x, torch::Tensor& y) {
  product(rows_of(x), rows_of(layer.weight), {y.mutable_data_ptr<float>(), y.stride(0)}, x.size(0),
          x.size(1), y.size(1),
          {layer.bias.const_data_ptr<float>(), layer.activation == Activation::kRelu});
  if (layer.activation == Activation::kElu) at::elu_(y);
  if (layer.activation == Activation::kTanh) y.tanh_();
}

void activation_backward(Activation activation, const torch::Tensor& y, torch::Tensor& grad,
                         torch::Tensor& bias_grad) {
  if (activation == Activation::kElu) {
    at::elu_backward_out(grad, grad, 1, 1, 1, /*is_result=*/true, y);
  } else if (activation == Activation::kTanh) {
    at::tanh_backward_out(grad, grad, y);
  }
  bias_backward_(grad, y, activation == Activation::kRelu, bias_grad);
}

void weight_gradient(const torch::Tensor& x, const torch::Tensor& grad,
                     torch::Tensor& weight_grad) {
  product_of_transposed(rows_of(x), rows_of(grad),
                        {weight_grad.mutable_data_ptr<float>(), weight_grad.stride(0)}, x.size(1),
                        x.size(0), grad.size(1));
}

void input_gradient(const Dense& layer, const torch::Tensor& grad, torch::Tensor& x_grad) {
  product(rows_of(grad), rows_of(layer.transposed),
          {x_grad.mutable_data_ptr<float>(), x_grad.stride(0)}, grad.size(0), grad.size(1),
          x_grad.size(1));
}

}  // namespace

const LearnerOps& cpu_ops() {
  static constexpr LearnerOps kOps = {.name = "cpu",
                                      .rows_a_slice = kRowsASlice,
                                      .threads = true,
                                      .gathers_epochs = false,
                                      .transposed_weights = true,
                                      .draw_noise = draw_noise,
                                      .shuffle = shuffle,
                                      .set_flags = set_flags,
                                      .scale = scale,
                                      .gather_scaled = gather_scaled,
                                      .dense_forward = dense_forward,
                                      .activation_backward = activation_backward,
                                      .weight_gradient = weight_gradient,
                                      .input_gradient = input_gradient};
  return kOps;
}

}  // namespace kennel
