#include "src/batch/cpu_batch_of.h"

namespace kennel {

template class CpuBatchOf<ManyPoints<AllLegs>>;

}  // namespace kennel
