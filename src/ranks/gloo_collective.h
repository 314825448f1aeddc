// Sums over ranks in plain memory, by Gloo, which LibTorch carries.
#pragma once

#include <memory>

#include "kennel/ranks/meeting.h"
#include "kennel/rl/collective.h"

namespace kennel {

/// \param meeting  must outlive it
/// \throws Error when the ranks cannot connect
std::unique_ptr<Collective> gloo_collective(Meeting& meeting);

}  // namespace kennel
