// What a learner's matrix products are computed in.
#pragma once

#include <torch/torch.h>

#include <string>

namespace kennel {

/// fp32, or tf32: a GPU's tensor cores, whose factors keep 10 bits of mantissa and whose sums are
/// fp32. For the whole process.
/// \throws Error when the device has no such products, with what it has
void use_precision(const std::string& precision, torch::Device device);

}  // namespace kennel
