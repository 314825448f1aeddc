#include "kennel/core/check.h"
#include "kennel/core/cuda_plugin.h"
#include "kennel/rl/cuda_entry.h"
#include "kennel/rl/learner_ops.h"

namespace kennel {

const LearnerOps& ops_for(torch::Device device) {
  if (device.is_cpu()) return cpu_ops();
  if (!device.is_cuda()) return torch_ops();
  using Table = decltype(&kennel_cuda_learner_ops);
  static const LearnerOps& cuda =
      *reinterpret_cast<Table>(cuda_entry_point("kennel_cuda_learner_ops", device.str()))();
  return cuda;
}

}  // namespace kennel
