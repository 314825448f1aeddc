#include "kennel/batch/open_loop.h"

#include <limits>

#include "kennel/core/check.h"
#include "kennel/core/cuda_plugin.h"

namespace kennel {
namespace {

template <class Legs, class T>
std::vector<double> simulate_with(const Quadruped<T>& model, const OpenLoop& run) {
  const int n = static_cast<int>(run.ctrl.size() / kNumJoints);
  std::vector<double> out(static_cast<std::size_t>(n + 1) * kTrajectoryColumns,
                          std::numeric_limits<double>::quiet_NaN());
  run_open_loop<T, Legs>(model, {}, run.solver, converted<T, Legs>(run.params, Legs{}),
                         first_row(run).data(), run.ctrl.data(), n, out.data());
  return out;
}

template <class T>
std::vector<double> simulate(const Quadruped<T>& model, const OpenLoop& run) {
  return has_many_points(model) ? simulate_with<ManyPoints<AllLegs>>(model, run)
                                : simulate_with<AllLegs>(model, run);
}

}  // namespace

std::vector<double> simulate_double(const Quadruped<double>& model, const OpenLoop& run) {
  return simulate(model, run);
}
std::vector<double> simulate_float(const Quadruped<float>& model, const OpenLoop& run) {
  return simulate(model, run);
}

std::vector<double> simulate_cuda(const Quadruped<float>& model, const OpenLoop& run, int device) {
  const auto simulate = reinterpret_cast<decltype(&kennel_open_loop_cuda)>(
      cuda_entry_point("kennel_open_loop_cuda", text("cuda:", device)));
  std::vector<double> out;
  simulate(&model, &run, device, &out);
  return out;
}

}  // namespace kennel
