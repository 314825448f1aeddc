#include "src/batch/cpu_batch_of.h"

namespace kennel {

std::string cpu_kernel_name() { return text(kNativeWidth, "-lane float"); }

template class CpuBatchOf<AllLegs>;

}  // namespace kennel
