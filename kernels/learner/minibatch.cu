// A minibatch through a policy and its critic in one launch: forward, losses, backward.
//
// A block takes tiles of rows through one of the two networks, with all its activations in shared
// memory; weights stream past them from L2. Two blocks, one a network, make a slice of the
// gradient: each adds its tiles' gradients to it one after the other, so that no sum depends on
// which block comes first. A warp holds 32 columns of 32 or 16 rows of a product in its registers
// (warp_tile.h). Backward, a layer's gradient takes the place of its outputs.
#include <type_traits>

#include "kernels/launch.h"
#include "kernels/learner/activation.h"
#include "kernels/learner/block_sum.h"
#include "kernels/learner/learner_args.h"
#include "kernels/learner/policy_row.h"
#include "kernels/learner/tile_memory.h"
#include "kernels/learner/warp_tile.h"
#include "kernels/learner/weight_panels.h"

namespace kennel {
namespace {

constexpr int kNumLosses = 4;
constexpr int kColumnWarps = kPanelOuter / kTileColumns;

/// A block's passes over its tiles.
/// \tparam kForward, kBackward  what the factors of those passes are rounded to
template <Factors kForward, Factors kBackward, int kRows>
class TilePasses {
 public:
  static constexpr int kSixteens = kRows == 64 ? 2 : 1;
  static constexpr int kWarps = kRows / (16 * kSixteens) * kColumnWarps;
  static constexpr int kThreads = kWarps * kLanes;

  __device__ TilePasses(const MinibatchArgs& args, bool is_actor)
      : a_(args),
        network_(is_actor ? args.actor : args.critic),
        memory_(&block_memory<float>()),
        slice_(blockIdx.x / 2),
        gradient_(args.gradients + std::int64_t{slice_} * args.stride),
        actions_(args.action_size),
        is_actor_(is_actor),
        panels_(network_, args.weights, memory_) {}

  __device__ void run() {
    if (is_actor_) {
      for (int k = threadIdx.x; k < actions_; k += kThreads) {
        const float log_std = a_.weights[a_.log_std_at + k];
        log_stds()[k] = log_std;
        inv_stds()[k] = ::expf(-log_std);
      }
    }
    const std::int64_t tiles = (a_.rows + kRows - 1) / kRows;
    for (std::int64_t tile = slice_; tile < tiles; tile += a_.slices) {
      first_ = tile == slice_;
      begin_ = tile * kRows;
      rows_ = static_cast<int>(a_.rows - begin_ < kRows ? a_.rows - begin_ : kRows);
      take_tile();
    }
    wait_for_copies<0>();
  }

 private:
  // Products' numbers that are stored for products to read are rounded at once where those take
  // tf32; bf16 is rounded as it is packed.
  static __device__ __forceinline__ float stored(float x) {
    constexpr bool kRounds = kForward == Factors::kTf32 || kBackward == Factors::kTf32;
    return kRounds ? __uint_as_float(to_tf32(x) & 0xffffe000u) : x;  // hardware leaves the rest
  }

  static __device__ int warp() { return threadIdx.x / kLanes; }
  static __device__ int lane() { return threadIdx.x % kLanes; }
  static __device__ int first_tile_row() { return warp() / kColumnWarps * 16 * kSixteens; }
  static __device__ int first_tile_column() { return warp() % kColumnWarps * kTileColumns; }

  // Of the policy's loss: two numbers an action, then rows of terms.
  __device__ float* log_stds() const { return memory_ + kTermsAt; }
  __device__ float* inv_stds() const { return log_stds() + actions_; }
  __device__ float* terms(int row) const {
    return inv_stds() + actions_ + row * terms_stride(actions_);
  }

  /// The inputs of layer 0, or the outputs of layer `level` - 1.
  __device__ float* numbers(int level) const { return memory_ + network_.numbers_at[level]; }

  /// A row of the tile, in the samples and observations.
  __device__ std::int64_t sample(int row) const {
    return a_.index ? a_.index[begin_ + row] : begin_ + row;
  }

  __device__ void take_tile() {
    __syncthreads();  // the tile before is done with
    read_inputs();
    const int last = network_.num_layers - 1;
    for (int l = 0; l < last; ++l) forward<true>(l);
    forward<false>(last);
    __syncthreads();
    if (is_actor_) {
      policy_loss();
    } else {
      value_loss();
    }
    __syncthreads();
    for (int l = last; l >= 0; --l) {
      weight_gradient(l);
      bias_gradient(l);
      if (l == 0) break;
      input_gradient(l);
      __syncthreads();
    }
  }

  __device__ void read_inputs() {
    const int n = network_.layers[0].in, stride = row_stride(n);
    const float* from = is_actor_ ? a_.obs : a_.privileged_obs;
    float* to = numbers(0);
    for (int row = warp(); row < kRows; row += kWarps) {
      const bool real = row < rows_;
      const float* x = from + (real ? sample(row) * n : 0);
      for (int k = lane(); k < padded(n); k += kLanes)
        to[row * stride + k] = real && k < n ? stored(x[k]) : 0.0f;
    }
  }

  /// Calls visit(std::integral_constant<LayerActivation>), so that a warp asks once.
  template <class Visit>
  static __device__ __forceinline__ void with(LayerActivation activation, const Visit& visit) {
    switch (activation) {
      case LayerActivation::kRelu:
        return visit(std::integral_constant<LayerActivation, LayerActivation::kRelu>());
      case LayerActivation::kElu:
        return visit(std::integral_constant<LayerActivation, LayerActivation::kElu>());
      case LayerActivation::kTanh:
        return visit(std::integral_constant<LayerActivation, LayerActivation::kTanh>());
      case LayerActivation::kLinear:
        return visit(std::integral_constant<LayerActivation, LayerActivation::kLinear>());
    }
  }

  /// Outputs of a layer. The last one's are read by the loss, not by products.
  template <bool kHidden>
  __device__ __forceinline__ void forward(int l) {
    using Tile = WarpTile<kForward, kSixteens, Lies::kAlong, Lies::kAcross, false>;
    const LayerArgs& layer = network_.layers[l];
    const int stride = row_stride(layer.in), out_stride = row_stride(layer.out);
    const float* x = numbers(l) + first_tile_row() * stride;
    const float* bias = a_.weights + layer.weight_at + layer.in * layer.out;
    for (int outer = 0; outer < layer.out; outer += kPanelOuter) {
      const int begin = outer + first_tile_column();
      const bool mine = begin < layer.out;
      Tile tile;
      tile.set([&](int, int column) {
        return begin + column < layer.out ? bias[begin + column] : 0.0f;
      });
      for (int inner = 0; inner < layer.in; inner += kPanelInner) {
        const float* panel = panels_.next() + first_tile_column();
        if (!mine) continue;
        tile.add({x + inner, stride}, {panel, kForwardStride});
        if (layer.in - inner > kTileDepth)
          tile.add({x + inner + kTileDepth, stride},
                   {panel + kTileDepth * kForwardStride, kForwardStride});
      }
      if (!mine) continue;
      float* y = numbers(l + 1) + first_tile_row() * out_stride + begin;
      with(layer.activation, [&](auto activation) {
        tile.each_four([&](int, int row, int column, const float(&sums)[4]) {
          float out[4];
#pragma unroll
          for (int k = 0; k < 4; ++k) {
            const float output = activated(activation(), sums[k]);
            out[k] = kHidden ? stored(output) : output;
          }
          store(out, y + row * out_stride + column);
        });
      });
    }
  }

  /// From the gradient of a layer's sums to that of the sums of the layer below, in the place of
  /// its outputs.
  __device__ __forceinline__ void input_gradient(int l) {
    using Tile = WarpTile<kBackward, kSixteens, Lies::kAlong, Lies::kAlong, false>;
    constexpr int kStride = backward_stride(kBackward != Factors::kFp32);
    const LayerArgs& layer = network_.layers[l];
    const int stride = row_stride(layer.in), out_stride = row_stride(layer.out);
    const float* grad = numbers(l + 1) + first_tile_row() * out_stride;
    for (int outer = 0; outer < layer.in; outer += kPanelOuter) {
      const int begin = outer + first_tile_column();
      const bool mine = begin < layer.in;
      Tile tile;
      tile.set([](int, int) { return 0.0f; });
      for (int inner = 0; inner < layer.out; inner += kPanelInner) {
        const float* panel = panels_.next() + first_tile_column() * kStride;
        if (!mine) continue;
        tile.add({grad + inner, out_stride}, {panel, kStride});
        if (layer.out - inner > kTileDepth)
          tile.add({grad + inner + kTileDepth, out_stride}, {panel + kTileDepth, kStride});
      }
      if (!mine) continue;
      float* x = numbers(l) + first_tile_row() * stride + begin;
      with(network_.layers[l - 1].activation, [&](auto activation) {
        tile.each([&](int row, int column, float sum) {
          float& place = x[row * stride + column];
          place = stored(backward(activation(), place, sum));
        });
      });
    }
  }

  /// Adds x^T grad of the tile's rows to the slice.
  __device__ __forceinline__ void weight_gradient(int l) {
    using Tile = WarpTile<kBackward, 2, Lies::kAcross, Lies::kAcross, true>;
    const LayerArgs& layer = network_.layers[l];
    const int stride = row_stride(layer.in), out_stride = row_stride(layer.out);
    const int across = padded(layer.out) / kTileColumns;
    const int num_tiles = padded(layer.in) / kTileColumns * across;
    for (int t = warp(); t < num_tiles; t += kWarps) {
      const int in = t / across * kTileColumns, out = t % across * kTileColumns;
      const float* x = numbers(l) + in;
      const float* grad = numbers(l + 1) + out;
      SliceTile<Tile::kGroups> slice(gradient_, layer, in, out);
      Tile tile;
      tile.set([](int, int) { return 0.0f; });
      float before[Tile::kGroups][4];
      tile.each_four([&](int group, int row, int column, const float(&)[4]) {
        slice.read(first_, row, column, before[group]);
      });
      for (int row = 0; row < kRows; row += kTileDepth)
        tile.add({x + row * stride, stride}, {grad + row * out_stride, out_stride});
      tile.each_four([&](int group, int row, int column, const float(&sums)[4]) {
        slice.write(row, column, sums, before[group]);
      });
    }
  }

  /// The part of a slice's gradient that a warp's tile adds to.
  template <int kGroups>
  class SliceTile {
   public:
    __device__ SliceTile(float* gradient, const LayerArgs& layer, int in, int out)
        : at_(gradient + layer.weight_at + in * layer.out + out),
          stride_(layer.out),
          rows_(layer.in - in),
          columns_(layer.out - out),
          fours_(in_fours(layer)) {}

    __device__ __forceinline__ void read(bool is_first, int row, int column, float (&to)[4]) const {
#pragma unroll
      for (int k = 0; k < 4; ++k) to[k] = 0.0f;
      if (is_first || row >= rows_ || column >= columns_) return;
      if (fours_) {
        load(at_ + row * stride_ + column, to);
      } else {
#pragma unroll
        for (int k = 0; k < 4; ++k)
          if (column + k < columns_) to[k] = at_[row * stride_ + column + k];
      }
    }

    __device__ __forceinline__ void write(int row, int column, const float (&sums)[4],
                                          const float (&before)[4]) const {
      if (row >= rows_ || column >= columns_) return;
      float all[4];
#pragma unroll
      for (int k = 0; k < 4; ++k) all[k] = before[k] + sums[k];
      if (fours_) {
        store(all, at_ + row * stride_ + column);
      } else {
#pragma unroll
        for (int k = 0; k < 4; ++k)
          if (column + k < columns_) at_[row * stride_ + column + k] = all[k];
      }
    }

   private:
    float* at_;
    int stride_, rows_, columns_;
    bool fours_;
  };

  __device__ void bias_gradient(int l) {
    const LayerArgs& layer = network_.layers[l];
    const int stride = row_stride(layer.out);
    float* to = gradient_ + layer.weight_at + layer.in * layer.out;
    for (int k = threadIdx.x; k < layer.out; k += kThreads) {
      const float* grad = numbers(l + 1) + k;
      float sum = first_ ? 0.0f : to[k];
      for (int row = 0; row < kRows; ++row) sum += grad[row * stride];
      to[k] = sum;
    }
  }

  /// Adds the sum of a term of the tile's rows, which a warp's lanes bring, to a word.
  template <class Term>
  __device__ void add_rows(const Term& term, float* to) const {
    float sum = 0.0f;
    for (int row = lane(); row < kRows; row += kLanes) sum += term(row);
    sum = warp_sum(sum);
    if (lane() == 0) *to = first_ ? sum : *to + sum;
  }

  __device__ void policy_loss() {
    const LayerActivation activation = network_.layers[network_.num_layers - 1].activation;
    float* mean = numbers(network_.num_layers);
    const int n = actions_, stride = row_stride(n);
    for (int x = threadIdx.x; x < kRows * n; x += kThreads) {
      const int row = x / n, k = x % n;
      terms(row)[k] =
          row < rows_
              ? (a_.samples.action[sample(row) * n + k] - mean[row * stride + k]) * inv_stds()[k]
              : 0.0f;
    }
    __syncthreads();
    if (threadIdx.x < kRows) {
      const int row = threadIdx.x;
      float* z = terms(row);
      SurrogateRow policy{};
      if (row < rows_) {
        float squared = 0.0f;
        for (int k = 0; k < n; ++k) squared += z[k] * z[k];
        const float log_prob = -0.5f * squared - log_normalisation(log_stds(), n);
        const std::int64_t from = sample(row);
        policy = surrogate_row(log_prob - a_.samples.log_prob[from], a_.samples.advantage[from],
                               a_.clip_param, a_.scale);
      }
      z[n] = policy.surrogate;
      z[n + 1] = policy.kl;
      z[n + 2] = policy.clipped;
      z[n + 3] = policy.grad_log_prob;
    }
    __syncthreads();
    for (int x = threadIdx.x; x < kRows * n; x += kThreads) {
      const int row = x / n, k = x % n;
      float& place = mean[row * stride + k];
      const float z = terms(row)[k], grad = terms(row)[n + 3];
      place = row < rows_ ? stored(backward(activation, place, grad * z * inv_stds()[k])) : 0.0f;
      terms(row)[k] = row < rows_ ? grad * (z * z - 1.0f) : 0.0f;
    }
    __syncthreads();
    float* losses = a_.losses + slice_ * kNumLosses;
    for (int k = warp(); k < n + 3; k += kWarps) {
      float* to = k < n    ? gradient_ + a_.log_std_at + k
                  : k == n ? losses
                           : losses + 1 + (k - n);  // after the squared error
      add_rows([&](int row) { return terms(row)[k]; }, to);
    }
  }

  __device__ void value_loss() {
    const LayerActivation activation = network_.layers[network_.num_layers - 1].activation;
    float* value = numbers(network_.num_layers);
    const int stride = row_stride(1);
    if (threadIdx.x < kRows) {
      const int row = threadIdx.x;
      float& place = value[row * stride];
      ValueRow of_row{};
      if (row < rows_) {
        const std::int64_t from = sample(row);
        of_row = value_row(place, a_.samples.value[from], a_.samples.returns[from],
                           a_.value_clip != 0, a_.clip_param, a_.value_scale);
      }
      place = row < rows_ ? stored(backward(activation, place, of_row.grad)) : 0.0f;
      memory_[kTermsAt + row] = of_row.squared_error;
    }
    __syncthreads();
    if (warp() == 0)
      add_rows([&](int row) { return memory_[kTermsAt + row]; },
               a_.losses + slice_ * kNumLosses + 1);
  }

  const MinibatchArgs& a_;
  const NetworkArgs& network_;
  float* memory_;
  int slice_;
  float* gradient_;  // the slice's
  int actions_;
  bool is_actor_;
  WeightPanels<kThreads, kBackward != Factors::kFp32> panels_;
  bool first_ = true;  // tile of this block
  std::int64_t begin_ = 0;
  int rows_ = 0;  // of the tile that are in the minibatch
};

constexpr int threads_of(int rows) {
  return rows == 64   ? TilePasses<Factors::kFp32, Factors::kFp32, 64>::kThreads
         : rows == 32 ? TilePasses<Factors::kFp32, Factors::kFp32, 32>::kThreads
                      : TilePasses<Factors::kFp32, Factors::kFp32, 16>::kThreads;
}

template <TileProducts kProducts, int kRows>
__global__ void __launch_bounds__(threads_of(kRows), 1)
    minibatch_kernel(const __grid_constant__ MinibatchArgs a) {
  const bool is_actor = blockIdx.x % 2 == 0;
  if constexpr (kProducts == TileProducts::kFp32) {
    TilePasses<Factors::kFp32, Factors::kFp32, kRows>(a, is_actor).run();
  } else if constexpr (kProducts == TileProducts::kTf32) {
    TilePasses<Factors::kTf32, Factors::kTf32, kRows>(a, is_actor).run();
  } else if (is_actor) {
    TilePasses<Factors::kTf32, Factors::kBf16, kRows>(a, true).run();
  } else {
    TilePasses<Factors::kBf16, Factors::kBf16, kRows>(a, false).run();
  }
}

using MinibatchKernel = void (*)(MinibatchArgs);

template <TileProducts kProducts>
MinibatchKernel kernel_of_rows(int rows) {
  return rows == 64   ? minibatch_kernel<kProducts, 64>
         : rows == 32 ? minibatch_kernel<kProducts, 32>
                      : minibatch_kernel<kProducts, 16>;
}

MinibatchKernel kernel_of(TileProducts products, int rows) {
  switch (products) {
    case TileProducts::kTf32:
      return kernel_of_rows<TileProducts::kTf32>(rows);
    case TileProducts::kBf16:
      return kernel_of_rows<TileProducts::kBf16>(rows);
    case TileProducts::kFp32:
      break;
  }
  return kernel_of_rows<TileProducts::kFp32>(rows);
}

}  // namespace

void prepare_minibatch_kernels(int shared_bytes) {
  for (const int rows : {64, 32, 16})
    for (const TileProducts products :
         {TileProducts::kFp32, TileProducts::kTf32, TileProducts::kBf16})
      check_cuda(cudaFuncSetAttribute(kernel_of(products, rows),
                                      cudaFuncAttributeMaxDynamicSharedMemorySize, shared_bytes),
                 "asking for the minibatch kernel's shared memory");
}

int minibatch_tile_rows(const NetworkArgs& actor, const NetworkArgs& critic, int shared_bytes) {
  for (const int rows : {64, 32, 16})
    if (tile_bytes(rows, actor, critic) <= static_cast<std::size_t>(shared_bytes)) return rows;
  return 0;
}

void launch_minibatch(const MinibatchArgs& args, TileProducts products, int tile_rows,
                      cudaStream_t stream) {
  const MinibatchKernel kernel = kernel_of(products, tile_rows);
  const std::size_t bytes = tile_bytes(tile_rows, args.actor, args.critic);
  MinibatchArgs placed = args;
  for (NetworkArgs* network : {&placed.actor, &placed.critic})
    place_numbers(tile_rows, args.action_size, *network);
  launch("minibatch kernel", kernel, {2 * args.slices, threads_of(tile_rows), bytes}, stream,
         placed);
}

}  // namespace kennel
