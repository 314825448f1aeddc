// Which products a learner may ask a device for; needs no GPU.
#include "kennel/rl/precision.h"

#include <ATen/Context.h>
#include <gmock/gmock.h>

#include "kennel/core/check.h"

namespace kennel {
namespace {

using testing::HasSubstr;

// Of a processor that has bf16 or has not, whatever this one is.
std::string refusal(const std::string& precision, torch::Device device, bool bf16 = false) {
  try {
    use_precision(precision, device, bf16 ? &fp32_products() : nullptr);
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

TEST(Precision, InBf16OnAGpuLeavesTf32ToThePolicysForwardPassAndToTheLibrary) {
  const torch::Device gpu(torch::kCUDA, 0);
  const NetworkPrecision bf16 = use_precision("bf16", gpu, nullptr);
  EXPECT_TRUE(at::globalContext().allowTF32CuBLAS());
  EXPECT_EQ(bf16.actor_forward, ProductPrecision::kTf32);
  EXPECT_EQ(bf16.critic_forward, ProductPrecision::kBf16);
  EXPECT_EQ(bf16.backward, ProductPrecision::kBf16);
  use_precision("fp32", gpu);
}

TEST(Precision, ThatADeviceLacksIsRefusedWithWhatItHas) {
  EXPECT_THAT(refusal("tf32", torch::kCPU), HasSubstr("device cpu has fp32 alone"));
  EXPECT_THAT(refusal("tf32", torch::kCPU, true), HasSubstr("device cpu has fp32 and bf16"));
  EXPECT_THAT(refusal("bf16", torch::kCPU), HasSubstr("device cpu has fp32 alone, in vectors of "));
  EXPECT_THAT(refusal("bf16", torch::kCPU), HasSubstr("bf16 takes AVX512_BF16 or a GPU"));
  EXPECT_THAT(refusal("bf16", torch::Device(torch::kMPS), true), HasSubstr("has fp32 alone"));
  EXPECT_THAT(refusal("fp8", torch::kCPU), HasSubstr("expected fp32, tf32 or bf16"));
  EXPECT_EQ(refusal("fp32", torch::kCPU), "");
  EXPECT_EQ(refusal("bf16", torch::kCPU, true), "");
}

TEST(Precision, OfAProcessorLeavesThePolicysForwardPassAsItIs) {
  const NetworkPrecision bf16 = use_precision("bf16", torch::kCPU, &fp32_products());
  EXPECT_EQ(bf16.actor_forward, ProductPrecision::kFp32);
  EXPECT_EQ(bf16.critic_forward, ProductPrecision::kBf16);
  EXPECT_EQ(bf16.backward, ProductPrecision::kBf16);
  const NetworkPrecision fp32 = use_precision("fp32", torch::kCPU, &fp32_products());
  EXPECT_EQ(fp32.critic_forward, ProductPrecision::kFp32);
  EXPECT_EQ(fp32.backward, ProductPrecision::kFp32);
}

}  // namespace
}  // namespace kennel
