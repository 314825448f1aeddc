// Which products a learner may ask a device for; needs no GPU.
#include "kennel/rl/precision.h"

#include <ATen/Context.h>
#include <gmock/gmock.h>

#include "kennel/core/check.h"

namespace kennel {
namespace {

using testing::HasSubstr;

std::string refusal(const std::string& precision, torch::Device device) {
  try {
    use_precision(precision, device);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Precision, OfAGpuIsAsAsked) {
  const torch::Device gpu(torch::kCUDA, 0);
  use_precision("tf32", gpu);
  EXPECT_TRUE(at::globalContext().allowTF32CuBLAS());
  use_precision("fp32", gpu);
  EXPECT_FALSE(at::globalContext().allowTF32CuBLAS());
}

TEST(Precision, ThatADeviceLacksIsRefusedWithWhatItHas) {
  EXPECT_THAT(refusal("tf32", torch::kCPU), HasSubstr("device cpu has fp32 alone"));
  EXPECT_THAT(refusal("fp8", torch::kCPU), HasSubstr("expected fp32 or tf32"));
  EXPECT_EQ(refusal("fp32", torch::kCPU), "");
}

}  // namespace
}  // namespace kennel
