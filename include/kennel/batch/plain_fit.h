// Which tasks a kernel for plain robots computes (kennel/dynamics/plain_leg.h), where no folded one
// does, and which kernel a task takes.
#pragma once

#include "envs/quadruped/task.h"

namespace kennel {

/// Which of PlainLinks a task's robot has, if it is plain and the solver training's; else -1.
int plain_links(const quadruped::Task& task);

/// The CUDA backend's step kernels: a robot's own, a kind of robot's, any robot's with few points,
/// any robot's.
enum class StepKernel { kFolded, kPlain, kGeneral, kMany };

struct StepKernelChoice {
  StepKernel kernel;
  int index = 0;  // of FoldedRobots or PlainLinks
};

/// The fastest that computes a task.
StepKernelChoice choose_step_kernel(const quadruped::Task& task);

/// What people call it.
const char* cuda_kernel_name(const quadruped::Task& task);

}  // namespace kennel
