// A gait in a checkpoint.
#pragma once

#include <optional>

#include "kennel/policy/gait_policy.h"

namespace kennel {

class TensorArchive;

void put_gait(TensorArchive& archive, const GaitPolicy& policy);

/// Nothing where the archive's policy has layers.
/// \throws Error when what is there is no gait of this program
std::optional<GaitPolicy> gait_in(const TensorArchive& archive);

}  // namespace kennel
