// Tensors as the learner's kernels read them.
#pragma once

#include <c10/cuda/CUDAStream.h>
#include <torch/types.h>

#include <cstdint>

#include "kennel/core/check.h"
#include "kennel/rl/mlp.h"
#include "kennel/rl/samples.h"
#include "kernels/learner/learner_args.h"

namespace kennel {

inline cudaStream_t stream_of(const torch::Tensor& x) {
  return c10::cuda::getCurrentCUDAStream(x.device().index()).stream();
}

/// Kernels count in 32 bits what is never that large: slices, columns, environments.
inline int count_of(std::int64_t n) { return static_cast<int>(n); }

inline const float* read(const torch::Tensor& x) {
  KENNEL_CHECK(x.is_contiguous(), "a kernel was given a tensor that is not contiguous");
  return x.const_data_ptr<float>();
}
inline float* write(const torch::Tensor& x) {
  KENNEL_CHECK(x.is_contiguous(), "a kernel was given a tensor that is not contiguous");
  return x.mutable_data_ptr<float>();
}

inline SampleRows<const float> reading(const Samples& s) {
  return {read(s.action), read(s.log_prob), read(s.advantage), read(s.returns), read(s.value)};
}
inline SampleRows<float> writing(const Samples& s) {
  return {write(s.action), write(s.log_prob), write(s.advantage), write(s.returns), write(s.value)};
}

inline LayerActivation layer_activation(Activation activation) {
  switch (activation) {
    case Activation::kLinear:
      return LayerActivation::kLinear;
    case Activation::kRelu:
      return LayerActivation::kRelu;
    case Activation::kElu:
      return LayerActivation::kElu;
    case Activation::kTanh:
      return LayerActivation::kTanh;
  }
  fail("an activation that does not exist");
}

}  // namespace kennel
