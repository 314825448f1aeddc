// Where a step writes, for backends that know plain memory.
#pragma once

namespace kennel {

/// The tensors of StepBuffers, row-major, a row an environment, in the backend's memory.
struct StepPointers {
  float *obs, *privileged_obs, *reward, *terminated, *truncated, *final_obs, *final_privileged_obs;
};

}  // namespace kennel
