#include "src/rl/cpu_layers.h"

#include <algorithm>

#include "kennel/core/assert.h"
#include "kennel/lanes/layer_products.h"
#include "src/rl/fused_rows.h"

namespace kennel::cpu {
namespace {

/// A matrix from row and column on.
Rows<const float> rows_of(const torch::Tensor& x, std::int64_t row = 0, std::int64_t column = 0) {
  KENNEL_ASSERT(x.stride(1) == 1);
  return {x.const_data_ptr<float>() + row * x.stride(0) + column, x.stride(0)};
}

Rows<float> mutable_rows_of(torch::Tensor& x, std::int64_t row = 0) {
  KENNEL_ASSERT(x.stride(1) == 1);
  return {x.mutable_data_ptr<float>() + row * x.stride(0), x.stride(0)};
}

// Layers of fewer inputs or columns gain little by it or lose, and an output layer's sums are what
// the policy is.
constexpr std::int64_t kFewestInBf16 = 32;

const LayerProducts& products_in(ProductPrecision precision, const Dense& layer) {
  const bool wide = std::min(layer.weight.size(0), layer.weight.size(1)) >= kFewestInBf16;
  return precision == ProductPrecision::kBf16 && wide ? *bf16_products() : fp32_products();
}

/// The even or the odd parts of a layer's inputs and outputs.
struct Half {
  std::int64_t in_from, in, out_from;
};

Half even_half(const Dense& layer) { return {0, *layer.even_in, 0}; }

Half odd_half(const Dense& layer) {
  return {*layer.even_in, layer.weight.size(0) - *layer.even_in, layer.weight.size(1)};
}

Factors forward_factors(const Dense& layer, const torch::Tensor& x, const Half& half) {
  return {rows_of(x, 0, half.in_from), rows_of(layer.weight, half.in_from), half.in};
}

/// What makes the gradient of the inputs from `in_from` on; `layer` may be by parity or not.
Factors backward_factors(const Dense& layer, const torch::Tensor& grad, std::int64_t in_from) {
  const bool odd = layer.even_in && in_from > 0;
  return {rows_of(grad, 0, odd ? layer.weight.size(1) : 0), rows_of(layer.transposed, 0, in_from),
          layer.weight.size(1)};
}

void activate_(Activation activation, torch::Tensor& y) {
  if (activation == Activation::kElu) at::elu_(y);
  if (activation == Activation::kTanh) tanh_in_place(y);
}

void derive_(Activation activation, const torch::Tensor& y, torch::Tensor& grad) {
  if (activation == Activation::kRelu) at::threshold_backward_out(grad, grad, y, 0);
  if (activation == Activation::kElu)
    at::elu_backward_out(grad, grad, 1, 1, 1, /*is_result=*/true, y);
  if (activation == Activation::kTanh) at::tanh_backward_out(grad, grad, y);
}

}  // namespace

void dense_forward(const Dense& layer, const torch::Tensor& x, torch::Tensor& y) {
  const bool relu = layer.activation == Activation::kRelu;
  const Bias bias{layer.bias.const_data_ptr<float>(), relu};
  const LayerProducts& in = products_in(layer.forward, layer);
  if (!layer.even_in) {
    in.product({rows_of(x), rows_of(layer.weight), x.size(1)}, mutable_rows_of(y), x.size(0),
               y.size(1), bias);
    activate_(layer.activation, y);
    return;
  }
  in.parity_forward(forward_factors(layer, x, even_half(layer)),
                    forward_factors(layer, x, odd_half(layer)), mutable_rows_of(y), x.size(0),
                    layer.weight.size(1), bias);
  if (relu) return;
  activate_(layer.activation, y);
  exchange_parts_(y);
}

void activation_backward(const Dense& layer, const torch::Tensor& y, torch::Tensor& grad,
                         torch::Tensor& bias_grad) {
  if (!layer.even_in) {
    derive_(layer.activation, y, grad);
    sum_rows(grad, bias_grad);
    return;
  }
  torch::Tensor units = y.clone();
  exchange_parts_(units);
  units.mul_(0.5);
  exchange_parts_(grad);
  derive_(layer.activation, units, grad);
  exchange_parts_(grad);
  sum_rows(grad, bias_grad);
}

void weight_gradient(const Dense& layer, const torch::Tensor& x, const torch::Tensor& grad,
                     torch::Tensor& weight_grad) {
  const std::int64_t rows = x.size(0), columns = layer.weight.size(1);
  const LayerProducts& in = products_in(layer.backward, layer);
  if (!layer.even_in) {
    in.product_of_transposed({rows_of(x), rows_of(grad), rows}, mutable_rows_of(weight_grad),
                             x.size(1), columns);
    return;
  }
  for (const Half& half : {even_half(layer), odd_half(layer)})
    in.product_of_transposed({rows_of(x, 0, half.in_from), rows_of(grad, 0, half.out_from), rows},
                             mutable_rows_of(weight_grad, half.in_from), half.in, columns);
}

void input_gradient(const Dense& layer, const torch::Tensor& grad, const Dense& below,
                    const torch::Tensor& x, torch::Tensor& x_grad, torch::Tensor& bias_grad) {
  const std::int64_t rows = x.size(0), columns = below.weight.size(1);
  const bool relu = below.activation == Activation::kRelu;
  const LayerProducts& in = products_in(layer.backward, layer);
  const Factors first = backward_factors(layer, grad, 0);
  if (relu && below.even_in) {
    in.parity_rectified_gradient(first, backward_factors(layer, grad, columns), rows_of(x),
                                 mutable_rows_of(x_grad), bias_grad.mutable_data_ptr<float>(), rows,
                                 columns);
    return;
  }
  if (relu) {
    in.rectified_gradient(first, rows_of(x), mutable_rows_of(x_grad),
                          bias_grad.mutable_data_ptr<float>(), rows, columns);
    return;
  }
  if (layer.even_in) {
    const Rows<float> to = mutable_rows_of(x_grad);
    in.product(first, to, rows, columns, {});
    in.product(backward_factors(layer, grad, columns), {to.data + columns, to.stride}, rows,
               columns, {});
  } else {
    in.product(first, mutable_rows_of(x_grad), rows, x.size(1), {});
  }
  activation_backward(below, x, x_grad, bias_grad);
}

}  // namespace kennel::cpu
