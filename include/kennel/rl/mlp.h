// Multi-layer perceptrons over one flat parameter vector, with the backward pass written out.
//
// Autograd would allocate every intermediate anew and walk a whole minibatch layer by layer through
// main memory. Here a slice of rows small enough for a core's cache goes forward and backward in
// buffers that are allocated once.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kennel/rl/flop.h"
#include "kennel/rl/precision.h"

namespace kennel {

enum class Activation { kLinear, kRelu, kElu, kTanh };

/// \throws Error unless `name` is relu, elu, tanh or "" (linear)
Activation parse_activation(std::string_view name);

/// As the robot's loader spells it; "" for linear.
std::string activation_name(Activation activation);

struct DenseShape {
  int in = 0;
  int out = 0;
  Activation activation = Activation::kLinear;
  /// Set: the layer works by parity (Dense), and so many of its inputs are even.
  std::optional<int> even_in = std::nullopt;

  /// Columns of the weight.
  int columns() const { return even_in ? out / 2 : out; }
};

/// Layers in the order they run.
using MlpShape = std::vector<DenseShape>;

MlpShape mlp_shape(int in, const std::vector<int>& hidden, int out, Activation hidden_activation,
                   Activation output_activation);

/// The same network with its hidden layers by parity, their units being swapped pairs; the output
/// layer, an ordinary one, reads even and odd parts. `even_in`: even ones of the network's inputs.
MlpShape by_parity(MlpShape shape, int even_in);

/// Weights and biases of all layers.
std::int64_t num_parameters(const MlpShape& shape);

/// What its products take for a row.
NetworkFlop flop_of_row(const MlpShape& shape);

/// y = activation(x weight + bias), as views into a flat vector.
///
/// By parity, x and y are the even and odd parts (Parity) of what is meant, and the rows of the
/// weight are those of the even and of the odd parts of x: e = x_even weight_even, o = x_odd
/// weight_odd (out / 2 each) make the units activation(e + o + bias) and activation(e - o + bias),
/// whose sums and differences are y.
struct Dense {
  torch::Tensor weight;  // (in, columns): out of them, or by parity half as many
  torch::Tensor bias;    // (columns)
  Activation activation = Activation::kLinear;
  torch::Tensor
      transposed;  // (columns, in), a copy that the backward pass is faster with; may be undefined
  std::optional<int> even_in = std::nullopt;  // as DenseShape has it
  /// Of its passes' products, for tables of operations that know another (cpu_ops).
  ProductPrecision forward = ProductPrecision::kFp32, backward = ProductPrecision::kFp32;
};

/// Views of the layers stored from `offset` in the 1-D tensor `flat`: weight, bias, weight, bias.
std::vector<Dense> dense_views(const torch::Tensor& flat, std::int64_t offset,
                               const MlpShape& shape);

/// Brings the layers' transposed copies up to date with their weights.
void refresh_transposed(std::vector<Dense>& layers);

struct LearnerOps;

enum class Passes { kForward, kForwardAndBackward };

/// What a slice of rows needs between its forward and its backward pass, one entry a layer.
struct MlpWorkspace {
  std::vector<torch::Tensor> output;  // (rows, out), after the activation
  std::vector<torch::Tensor> grad;    // (rows, out), d loss / d output of the last layer, then / d
                                      // pre-activation of all; none without a backward pass

  MlpWorkspace(const MlpShape& shape, torch::Device device, Passes passes);

  /// Sets the number of rows; allocates only when it has never been larger.
  void resize(std::int64_t rows);
};

/// The network's output (rows, out), which is `workspace.output.back()`.
/// \param x  (rows, in), as many rows as the workspace
const torch::Tensor& forward(const LearnerOps& ops, const std::vector<Dense>& layers,
                             const torch::Tensor& x, MlpWorkspace& workspace);

/// Writes d loss / d weight and d loss / d bias into `gradient`, from d loss / d output in
/// `workspace.grad.back()`. Call it after `forward` with the same arguments.
void backward(const LearnerOps& ops, const std::vector<Dense>& layers, const torch::Tensor& x,
              MlpWorkspace& workspace, std::vector<Dense>& gradient);

/// Fills `weight` (in, out) with a random (semi-)orthogonal matrix times `gain` (Saxe et al. 2014).
void orthogonal_(torch::Tensor weight, double gain, torch::Generator generator);

}  // namespace kennel
