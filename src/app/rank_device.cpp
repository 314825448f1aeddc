#include "rank_device.h"

#include "kennel/core/check.h"

namespace kennel {

Device device_of_rank(Ranks& ranks, const std::string& choice) {
  Device device = choose_device(choice);
  if (!device.cuda || ranks.size() == 1) return device;
  if (!find_gpu(1).name.empty()) device = choose_device(text("cuda:", ranks.place().local_rank));
  ranks.use_device({torch::kCUDA, static_cast<c10::DeviceIndex>(device.index)});
  return device;
}

}  // namespace kennel
