#include "kennel/rl/precision.h"

#include <ATen/Context.h>

#include "kennel/core/check.h"

namespace kennel {

void use_precision(const std::string& precision, torch::Device device) {
  const bool tf32 = precision == "tf32";
  KENNEL_CHECK(tf32 || precision == "fp32", "precision \"", precision,
               "\" is unknown; expected fp32 or tf32");
  KENNEL_CHECK(!tf32 || device.is_cuda(), "precision = \"tf32\": device ", device.str(),
               " has fp32 alone; set precision = \"fp32\", or train on a GPU");
  if (device.is_cuda()) at::globalContext().setFloat32MatmulPrecision(tf32 ? "high" : "highest");
}

}  // namespace kennel
