// Environments in the host's memory as a VecEnv.
#pragma once

#include <memory>

#include "kennel/batch/host_batch.h"
#include "kennel/sim/slots.h"

namespace kennel {

/// \param device  where the tensors are; the arithmetic is always the CPU's, and its bits the same
/// \param rows    where the batch may write rows of observations
std::unique_ptr<VecEnv> make_host_env(std::unique_ptr<HostBatch> batch, torch::Device device,
                                      Slots::Rows rows);

}  // namespace kennel
