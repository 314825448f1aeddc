// Where the numbers of a minibatch's tile lie in a block's shared memory.
#pragma once

#include <cstddef>

#include "kernels/learner/learner_args.h"

namespace kennel {

// Layers are as wide as whole tiles of a warp: what is beyond their ends is zero.
inline constexpr int kLayerPadding = 32;

/// Weights on their way: (inner, outer) numbers forward, (outer, inner) backward.
inline constexpr int kPanelInner = 32, kPanelOuter = 128, kPanels = 3;
inline constexpr int kForwardStride = kPanelOuter + 4;
/// Backward; warp_tile.h tells why it differs.
constexpr int backward_stride(bool tensor_core) { return kPanelInner + (tensor_core ? 8 : 4); }
inline constexpr int kPanelWords = kPanelOuter * backward_stride(true);
static_assert(kPanelInner * kForwardStride <= kPanelWords);

constexpr int padded(int n) { return (n + kLayerPadding - 1) / kLayerPadding * kLayerPadding; }
/// From a row of a layer's numbers to the next.
constexpr int row_stride(int n) { return padded(n) + 8; }

/// A policy's row has the terms of its actions, then these; its memory begins with two numbers an
/// action.
inline constexpr int kNumRowTerms = 4;
constexpr int terms_stride(int actions) { return actions + kNumRowTerms; }
constexpr int terms_words(int rows, int actions) {
  return (2 * actions + rows * terms_stride(actions) + 3) / 4 * 4;
}

inline constexpr int kTermsAt = kPanels * kPanelWords;
/// Where a network's inputs begin, the outputs of its layers follow.
constexpr int activations_at(int rows, int actions) {
  return kTermsAt + terms_words(rows, actions);
}

/// Where each layer's numbers begin, and in the end where all of them end.
constexpr int place_numbers(int rows, int actions, NetworkArgs& network) {
  int at = activations_at(rows, actions);
  for (int l = 0; l <= network.num_layers; ++l) {
    network.numbers_at[l] = at;
    at += rows * row_stride(l == 0 ? network.layers[0].in : network.layers[l - 1].out);
  }
  return at;
}

constexpr std::size_t tile_bytes(int rows, NetworkArgs actor, NetworkArgs critic) {
  const int actions = actor.layers[actor.num_layers - 1].out;
  const int a = place_numbers(rows, actions, actor), c = place_numbers(rows, actions, critic);
  return sizeof(float) * static_cast<std::size_t>(a > c ? a : c);
}

}  // namespace kennel
