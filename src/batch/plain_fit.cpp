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

const char* cuda_kernel_name(const quadruped::Task& task) {
  if (has_many_points(task.model)) return "general kernel for many points";
  if (folded_robot(task) >= 0) return "folded kernel";
  return plain_links(task) >= 0 ? "plain kernel" : "general kernel";
}

}  // namespace kennel
