// Which tasks a kernel for plain robots computes (kennel/dynamics/plain_leg.h), where no folded one
// does. The others take the general kernel, at half of the rate.
#pragma once

#include "envs/quadruped/task.h"

namespace kennel {

/// Which of PlainLinks a task's robot has, if it is plain and the solver training's; else -1.
int plain_links(const quadruped::Task& task);

/// What people call the kernel that computes a task.
const char* cuda_kernel_name(const quadruped::Task& task);

}  // namespace kennel
