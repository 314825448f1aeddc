// Numbers of a compiled model that are none, or that training's single precision cannot hold.
#pragma once

#include "src/model/elements.h"

namespace kennel {

/// \throws Error naming the element and the attribute of the first number that is NaN or, unless it
/// is a limit that infinity switches off, beyond a float
void refuse_not_finite(const Source& source);

}  // namespace kennel
