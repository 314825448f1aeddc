// Which tasks a kernel with a folded robot computes: a fast one, whose constants the compiler knows
// (kennel/dynamics/folded_leg.h). All others take the kernel for any robot.
#pragma once

#include <string>

#include "envs/quadruped/task.h"

namespace kennel {

/// Why no folded kernel can stand in for a task, with the first number that differs from the robot
/// that differs least:
/// "leg 2 hinge 1 mass 0.31, folded 0.29", "exact_invweight", "solver iterations 3, folded 2".
/// Empty where it can. Whole numbers are compared exactly, others up to what is harmless: a part in
/// 100,000 of the largest number of their kind in the robot, which is 0.8 micrometres of a hinge's
/// place, 1e-9 kg m^2 of an inertia and 10 microradians of an axis.
std::string why_not_folded(const quadruped::Task& task);

/// Which of FoldedRobots can stand in; -1: none.
int folded_robot(const quadruped::Task& task);

/// What people call the kernel.
/// \param many  whether the robot needs ManyPoints
constexpr const char* cuda_kernel_name(bool folded, bool many = false) {
  return many ? "general kernel for many points" : folded ? "folded kernel" : "general kernel";
}

}  // namespace kennel
