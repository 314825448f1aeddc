// What a learner's matrix products are computed in.
#pragma once

#include <torch/types.h>

#include <string>

#include "kennel/lanes/layer_products.h"

namespace kennel {

/// What the factors of a layer's products are rounded to; sums, weights and all else are fp32.
enum class ProductPrecision { kFp32, kTf32, kBf16 };

/// \throws Error unless `precision` is fp32, tf32 or bf16
ProductPrecision parse_precision(const std::string& precision);

/// The same for the passes of a policy and its critic.
struct NetworkPrecision {
  ProductPrecision actor_forward = ProductPrecision::kFp32;
  ProductPrecision critic_forward = ProductPrecision::kFp32;
  ProductPrecision backward = ProductPrecision::kFp32;
};

/// What `precision` means on a device, and makes it so for the whole process where that is torch's
/// to do.
///
/// fp32, on any device. tf32, on a GPU: tensor cores, whose factors keep 10 bits of mantissa and
/// whose sums are fp32. bf16, factors of 7 bits in all passes of an update but the policy's forward
/// one, whose error would be noise between the policy that acts and the one that is exported, of a
/// size with what an update may change: on a CPU with AVX512_BF16 in layers of at least 32 inputs
/// and outputs, all else in fp32; on a GPU where the networks fit the kernel of whole minibatches
/// (PpoUpdate tells), all else in tf32.
/// \param bf16  the processor's products; null: it has none
/// \throws Error when the device has no such products, with what it has
NetworkPrecision use_precision(const std::string& precision, torch::Device device,
                               const LayerProducts* bf16 = bf16_products());

}  // namespace kennel
