#include "kennel/rl/precision.h"

#include <ATen/Context.h>

#include "kennel/core/check.h"
#include "kennel/lanes/vectors.h"

namespace kennel {

ProductPrecision parse_precision(const std::string& precision) {
  if (precision == "tf32") return ProductPrecision::kTf32;
  if (precision == "bf16") return ProductPrecision::kBf16;
  KENNEL_CHECK(precision == "fp32", "precision \"", precision,
               "\" is unknown; expected fp32, tf32 or bf16");
  return ProductPrecision::kFp32;
}

NetworkPrecision use_precision(const std::string& precision, torch::Device device,
                               const LayerProducts* bf16) {
  const ProductPrecision products = parse_precision(precision);
  if (products == ProductPrecision::kTf32) {
    KENNEL_CHECK(device.is_cuda(), "precision = \"tf32\": device ", device.str(), " has fp32",
                 device.is_cpu() && bf16 != nullptr ? " and bf16" : " alone",
                 "; set precision = \"fp32\", or train on a GPU");
  } else if (products == ProductPrecision::kBf16 && !device.is_cuda()) {
    KENNEL_CHECK(device.is_cpu(), "precision = \"bf16\": device ", device.str(),
                 " has fp32 alone; choose that, a GPU, or a CPU with AVX512_BF16");
    KENNEL_CHECK(bf16 != nullptr, "precision = \"bf16\": device ", device.str(),
                 " has fp32 alone, in vectors of ", simd_bits(),
                 " bits; bf16 takes AVX512_BF16 or a GPU, set precision = \"fp32\"");
  }
  if (device.is_cuda()) {
    at::globalContext().setFloat32MatmulPrecision(products == ProductPrecision::kFp32 ? "highest"
                                                                                      : "high");
  }
  if (products == ProductPrecision::kFp32) return {};
  return {.actor_forward = device.is_cuda() ? ProductPrecision::kTf32 : ProductPrecision::kFp32,
          .critic_forward = products,
          .backward = products};
}

}  // namespace kennel
