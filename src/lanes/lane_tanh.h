// The hyperbolic tangent for lanes of floats.
#pragma once

#include "kennel/core/math.h"

namespace kennel {

/// tanh x, error below 3 ulp; NaN stays NaN. A minimax polynomial (Cephes' tanhf) where the
/// exponentials would cancel, beyond it (1 - e^-2|x|) / (1 + e^-2|x|).
template <class T>
T lane_tanh(const T& x) {
  const T size = abs(x);
  const T x2 = x * x;
  T p = T(-5.70498872745e-3f);
  p = p * x2 + T(2.06390887954e-2f);
  p = p * x2 + T(-5.37397155531e-2f);
  p = p * x2 + T(1.33314422036e-1f);
  p = p * x2 + T(-3.33332819422e-1f);
  const T near = x + x * x2 * p;
  const T decay = exp(T(-2.0f) * size);
  const T far = (T(1.0f) - decay) / (T(1.0f) + decay);
  const T y = select(size < T(0.625f), near, select(x < T(0.0f), -far, far));
  return select(x == x, y, x);  // exp takes NaN for a number
}

}  // namespace kennel
