#include "envs/tasks/walk.h"
#include "kernels/step_kernel.h"

template kennel::quadruped::StepKernels kennel::quadruped::step_kernels<kennel::quadruped::Walk>();
