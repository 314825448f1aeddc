// The step from a compiled model whose skeleton is known to the constants of the dynamics.
#pragma once

#include "kennel/model/mjcf.h"
#include "src/model/frames.h"

namespace kennel {

/// Reads all constants. Where the source collects refusals, what was refused is left out.
/// \throws Error naming what the dynamics do not have, unless it is collected
LoadedQuadruped read_quadruped(const Source& source, const Skeleton& skeleton);

}  // namespace kennel
