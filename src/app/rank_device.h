// Which device a rank computes on.
#pragma once

#include <string>

#include "kennel/ranks/ranks.h"
#include "kennel/run/device.h"

namespace kennel {

/// What a rank computes on: of several GPUs of a machine each rank takes one of its own, over which
/// the ranks sum from then on. A launcher may show every rank only the one that it is to take.
/// \param choice  of `--device`
/// \throws Error where it cannot be had
Device device_of_rank(Ranks& ranks, const std::string& choice);

}  // namespace kennel
