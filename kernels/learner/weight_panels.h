// A network's weights on their way through shared memory, in the order in which a tile's passes
// read them: panels of all layers forward, then of all but the first one backward, and again.
#pragma once

#include "kernels/learner/async_copy.h"
#include "kernels/learner/learner_args.h"
#include "kernels/learner/tile_memory.h"

namespace kennel {

/// Numbers of a layer may be read four at once.
__device__ __forceinline__ bool in_fours(const LayerArgs& layer) {
  return layer.out % 4 == 0 && layer.weight_at % 4 == 0;
}

/// All threads of the block make the same calls.
template <int kThreads, bool kTensorCore>
class WeightPanels {
 public:
  __device__ WeightPanels(const NetworkArgs& network, const float* weights, float* panels)
      : network_(network), weights_(weights), panels_(panels) {
    for (int k = 0; k < kPanels - 1; ++k) ask();
  }

  /// The next panel. What the one before the last held is overwritten meanwhile; all that the
  /// block's threads wrote to shared memory before is there.
  __device__ const float* next() {
    wait_for_copies<kPanels - 2>();
    __syncthreads();
    ask();
    const float* panel = panels_ + read_ * kPanelWords;
    read_ = read_ + 1 == kPanels ? 0 : read_ + 1;
    return panel;
  }

 private:
  __device__ void ask() {
    const bool forward = pass_ < network_.num_layers;
    const LayerArgs& layer = network_.layers[forward ? pass_ : 2 * network_.num_layers - 1 - pass_];
    float* to = panels_ + written_ * kPanelWords;
    if (forward) {
      copy<kPanelInner, kPanelOuter, kForwardStride>(layer, inner_, outer_, to);
    } else {
      copy<kPanelOuter, kPanelInner, backward_stride(kTensorCore)>(layer, outer_, inner_, to);
    }
    end_copies();
    written_ = written_ + 1 == kPanels ? 0 : written_ + 1;
    inner_ += kPanelInner;
    if (inner_ < (forward ? layer.in : layer.out)) return;
    inner_ = 0;
    outer_ += kPanelOuter;
    if (outer_ < (forward ? layer.out : layer.in)) return;
    outer_ = 0;
    pass_ = pass_ + 1 == 2 * network_.num_layers - 1 ? 0 : pass_ + 1;
  }

  template <int kRows, int kColumns, int kStride>
  __device__ void copy(const LayerArgs& layer, int first_row, int first_column, float* to) const {
    constexpr int kFours = kColumns / 4, kAtOnce = kThreads / kFours;  // rows
    static_assert(kThreads % kFours == 0 && kRows % kAtOnce == 0);
    const float* weight = weights_ + layer.weight_at;
    int row = threadIdx.x / kFours;
    const int c = 4 * (threadIdx.x % kFours), column = first_column + c;
    to += row * kStride + c;
    row += first_row;
    const float* from = weight + row * layer.out + column;
    if (in_fours(layer)) {
#pragma unroll
      for (int k = 0; k < kRows / kAtOnce; ++k) {
        const bool real = row + k * kAtOnce < layer.in && column < layer.out;
        copy_async<4>(real ? from + k * kAtOnce * layer.out : weight, real,
                      to + k * kAtOnce * kStride);
      }
    } else {
#pragma unroll 1
      for (int k = 0; k < 4 * kRows / kAtOnce; ++k) {
        const int r = k / 4 * kAtOnce, n = k % 4;
        const bool real = row + r < layer.in && column + n < layer.out;
        copy_async<1>(real ? from + r * layer.out + n : weight, real, to + r * kStride + n);
      }
    }
  }

  const NetworkArgs& network_;
  const float* weights_;
  float* panels_;
  int pass_ = 0, outer_ = 0, inner_ = 0;  // of the next panel to ask for
  int written_ = 0, read_ = 0;
};

}  // namespace kennel
