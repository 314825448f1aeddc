#include "kennel/rl/precision.h"

#include <ATen/Context.h>

#include "kennel/core/check.h"
#include "kennel/lanes/vectors.h"

namespace kennel {

NetworkPrecision use_precision(const std::string& precision, torch::Device device,
                               const LayerProducts* bf16) {
  const bool on_cpu = device.is_cpu();
  if (precision == "tf32") {
    KENNEL_CHECK(device.is_cuda(), "precision = \"tf32\": device ", device.str(), " has fp32",
                 on_cpu && bf16 != nullptr ? " and bf16" : " alone",
                 "; set precision = \"fp32\", or train on a GPU");
  } else if (precision == "bf16") {
    KENNEL_CHECK(on_cpu, "precision = \"bf16\": device ", device.str(), " has fp32",
                 device.is_cuda() ? " and tf32" : " alone",
                 "; choose one of those, or a CPU with AVX512_BF16");
    KENNEL_CHECK(bf16 != nullptr, "precision = \"bf16\": device ", device.str(),
                 " has fp32 alone, in vectors of ", simd_bits(),
                 " bits; bf16 takes AVX512_BF16, set precision = \"fp32\"");
  } else {
    KENNEL_CHECK(precision == "fp32", "precision \"", precision,
                 "\" is unknown; expected fp32, tf32 or bf16");
  }
  if (device.is_cuda())
    at::globalContext().setFloat32MatmulPrecision(precision == "tf32" ? "high" : "highest");
  if (precision != "bf16") return {};
  return {.actor_forward = ProductPrecision::kFp32,
          .critic_forward = ProductPrecision::kBf16,
          .backward = ProductPrecision::kBf16};
}

}  // namespace kennel
