#include "kennel/batch/plain_fit.h"

#include <utility>

#include "kennel/batch/folded_fit.h"
#include "kennel/dynamics/plain_leg.h"

namespace kennel {
namespace {

template <int... index>
int first_that_fits(const Quadruped<float>& robot, std::integer_sequence<int, index...>) {
  int found = -1;
  ((is_plain<PlainLinksAt<index>>(robot) ? (found = index, true) : false) || ...);
  return found;
}

}  // namespace

int plain_links(const quadruped::Task& task) {
  constexpr SolverOptions kSolver = PlainLegThread<NoExchange, PlainLinksAt<0>>::kSolver;
  if (task.solver.iterations != kSolver.iterations ||
      task.solver.ls_iterations != kSolver.ls_iterations)
    return -1;
  return first_that_fits(task.model, std::make_integer_sequence<int, kNumPlain>{});
}

StepKernelChoice choose_step_kernel(const quadruped::Task& task) {
  if (has_many_points(task.model)) return {StepKernel::kMany};
  if (const int robot = folded_robot(task); robot >= 0) return {StepKernel::kFolded, robot};
  if (const int links = plain_links(task); links >= 0) return {StepKernel::kPlain, links};
  return {StepKernel::kGeneral};
}

const char* cuda_kernel_name(const quadruped::Task& task) {
  switch (choose_step_kernel(task).kernel) {
    case StepKernel::kFolded:
      return "folded kernel";
    case StepKernel::kPlain:
      return "plain kernel";
    case StepKernel::kGeneral:
      return "general kernel";
    case StepKernel::kMany:
      return "general kernel for many points";
  }
  return "";
}

}  // namespace kennel
