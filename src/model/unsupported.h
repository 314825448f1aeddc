// What the dynamics cannot represent is refused at load, with the file, the element and the feature
// named.
#pragma once

#include "src/model/elements.h"

namespace kennel {

/// Refuses options and element kinds that Kennel's dynamics do not have.
void refuse_unsupported(const Source& source);

}  // namespace kennel
