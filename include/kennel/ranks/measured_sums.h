// How many sums over ranks there are, how large they are, and how long they take.
#pragma once

#include <memory>

#include "kennel/rl/collective.h"

namespace kennel {

struct SumCounts {
  std::int64_t sums = 0;
  std::int64_t bytes = 0;
  double seconds = 0.0;  // on the host's clock
};

/// Another one's sums, counted, each `delay_s` longer: what messages between machines that are far
/// apart would take.
/// \param of, counts  must outlive it
std::unique_ptr<Collective> measured_sums(const Collective& of, SumCounts& counts, double delay_s);

}  // namespace kennel
