// The learner's arithmetic in torch: the reference, and what runs on a GPU. Every line is an
// operation that starts a kernel there, so few and large ones are wanted;
// tests/learners/operation_budget_test.cpp counts them.
#include "kennel/core/assert.h"
#include "kennel/lanes/exact_sums.h"
#include "kennel/lanes/keyed_rows.h"
#include "kennel/rl/learner_ops.h"

namespace kennel {
namespace {

// 512-256-128 networks keep some 15 kB a row between the passes: 4 GB a slice.
constexpr std::int64_t kRows = 1 << 18;

// Keyed numbers are made on the host; fill(x) is called with `out` itself where it lies there.
template <class Fill>
void on_host(const torch::Tensor& out, const Fill& fill) {
  if (out.is_cpu()) return fill(out);
  const torch::Tensor host = torch::empty_like(out, torch::kCPU);
  fill(host);
  out.copy_(host);
}

void draw_noise(WorkerPool&, std::uint64_t key, std::int64_t first_env, const StepCounter& from,
                const torch::Tensor& noise) {
  on_host(noise, [&](const torch::Tensor& out) {
    for (std::int64_t step = 0; step < out.size(0); ++step)
      keyed_noise(key, first_env, from.value() + step, out.size(1), out.size(2),
                  out[step].mutable_data_ptr<float>());
  });
}

void shuffle(std::uint64_t key, const StepCounter& at, int epoch, const EpochOrder& order,
             const torch::Tensor& out) {
  on_host(out, [&](const torch::Tensor& host) {
    keyed_order(key, at.value(), epoch, order, host.mutable_data_ptr<std::int64_t>());
  });
}

// nonzero() would wait for the device to learn how many there are.
torch::Tensor set_flags(const torch::Tensor& flags, std::int64_t at_least) {
  return at::nonzero_static(flags, at_least, flags.size(0)).squeeze(1);
}

void scale(const torch::Tensor& x, const Scaling& scaling, const Parity* parity,
           torch::Tensor& out) {
  KENNEL_ASSERT(parity == nullptr);
  at::addcmul_out(out, scaling.offset, x, scaling.inv_std);
}

void gather(const torch::Tensor& x, const torch::Tensor& index, const Scaling* scaling,
            torch::Tensor& out) {
  if (scaling == nullptr) {
    at::index_select_out(out, x, 0, index);
  } else {
    scale(x.index_select(0, index), *scaling, nullptr, out);
  }
}

// On a GPU the rectifier is part of the product, and may take NaN for 0 there. It is not lost: what
// is wrong in an observation or a weight still meets the gradient of the weights, whose norm is
// then not finite, and the step is skipped.
void dense_forward(const Dense& layer, const torch::Tensor& x, torch::Tensor& y) {
  if (layer.activation == Activation::kRelu) {
    at::_addmm_activation_out(y, layer.bias, x, layer.weight);
    return;
  }
  at::addmm_out(y, layer.bias, x, layer.weight);
  if (layer.activation == Activation::kElu) at::elu_(y);
  if (layer.activation == Activation::kTanh) y.tanh_();
}

void activation_backward(const Dense& layer, const torch::Tensor& y, torch::Tensor& grad,
                         torch::Tensor& bias_grad) {
  KENNEL_ASSERT(!layer.even_in);
  switch (layer.activation) {
    case Activation::kRelu:
      at::threshold_backward_out(grad, grad, y, 0);
      break;
    case Activation::kElu:
      at::elu_backward_out(grad, grad, 1, 1, 1, /*is_result=*/true, y);
      break;
    case Activation::kTanh:
      at::tanh_backward_out(grad, grad, y);
      break;
    case Activation::kLinear:
      break;
  }
  at::sum_out(bias_grad, grad, {0});
}

void weight_gradient(const Dense&, const torch::Tensor& x, const torch::Tensor& grad,
                     torch::Tensor& weight_grad) {
  at::mm_out(weight_grad, x.t(), grad);
}

void input_gradient(const Dense& layer, const torch::Tensor& grad, const Dense& below,
                    const torch::Tensor& x, torch::Tensor& x_grad, torch::Tensor& bias_grad) {
  at::mm_out(x_grad, grad, layer.weight.t());
  activation_backward(below, x, x_grad, bias_grad);
}

void exact_sums(WorkerPool&, const torch::Tensor& slices, double quantum,
                const torch::Tensor& sums) {
  const double shift = rounding_shift(quantum);
  torch::Tensor out = sums;
  at::sum_out(out, slices.to(torch::kFloat64).add_(shift).sub_(shift), {0});
}

}  // namespace

const LearnerOps& torch_ops() {
  static constexpr LearnerOps kOps = {
      .name = "torch",
      .rows_a_slice = {kRows, kRows, kRows, kRows, /*parameters=*/std::int64_t{1} << 40},
      .threads = false,
      .gathers_epochs = true,
      .transposed_weights = false,
      .by_parity = false,
      .draw_noise = draw_noise,
      .shuffle = shuffle,
      .set_flags = set_flags,
      .scale = scale,
      .gather = gather,
      .dense_forward = dense_forward,
      .activation_backward = activation_backward,
      .weight_gradient = weight_gradient,
      .input_gradient = input_gradient,
      .exact_sums = exact_sums};
  return kOps;
}

}  // namespace kennel
