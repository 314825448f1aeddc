// Activations and their slopes, of one number.
#pragma once

#include <cmath>

#include "kennel/core/lane.h"
#include "kernels/learner/learner_args.h"

namespace kennel {

KENNEL_HD float activated(LayerActivation activation, float x) {
  switch (activation) {
    case LayerActivation::kRelu:
      return x < 0.0f ? 0.0f : x;  // NaN goes on
    case LayerActivation::kElu:
      return x > 0.0f ? x : ::expm1f(x);
    case LayerActivation::kTanh:
      return ::tanhf(x);
    case LayerActivation::kLinear:
      break;
  }
  return x;
}

/// d loss / d x from d loss / d y, by y = activation(x)
KENNEL_HD float backward(LayerActivation activation, float y, float grad) {
  switch (activation) {
    case LayerActivation::kRelu:
      return y <= 0.0f ? 0.0f : grad;
    case LayerActivation::kElu:
      return y > 0.0f ? grad : grad * (y + 1.0f);
    case LayerActivation::kTanh:
      return grad * (1.0f - y * y);
    case LayerActivation::kLinear:
      break;
  }
  return grad;
}

}  // namespace kennel
