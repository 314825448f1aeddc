// One robot, open loop: a group of four threads runs all steps. For comparing the GPU's physics
// with others, not for speed.
#include <cuda_runtime_api.h>

#include <limits>
#include <vector>

#include "kennel/batch/open_loop.h"
#include "kennel/dynamics/trajectory_row.h"
#include "kernels/launch.h"
#include "kernels/step_args.h"
#include "kernels/warp_leg.h"

namespace kennel {
namespace {

/// \tparam All, Legs  mappings of all legs and of a warp's thread with as many points
template <class All, class Legs>
__global__ void open_loop_kernel(const __grid_constant__ Quadruped<float> model,
                                 const __grid_constant__ EnvParams<float, All> params,
                                 const SolverOptions solver, const float* init, const float* ctrl,
                                 int n, float* out) {
  // The whole warp runs the same robot, so that its shuffles are full; the first group writes.
  Legs legs{};
  legs.leg_index = static_cast<int>(threadIdx.x) % kNumLegs;
  float* own =
      out + static_cast<std::size_t>(threadIdx.x / kNumLegs) * (n + 1) * kTrajectoryColumns;
  run_open_loop<float, Legs>(model, legs, solver, converted<float, Legs>(params, legs), init, ctrl,
                             n, own);
}

template <class All, class Legs>
void start_open_loop(const Quadruped<float>& model, const OpenLoop& run, const float* init,
                     const float* ctrl, int n, float* out) {
  launch("open-loop kernel", open_loop_kernel<All, Legs>, {1, 32}, nullptr, model,
         converted<float, All>(run.params, All{}), run.solver, init, ctrl, n, out);
}

/// Device memory that frees itself.
class DeviceFloats {
 public:
  explicit DeviceFloats(std::size_t count) {
    check_cuda(cudaMalloc(&data_, count * sizeof(float)), "allocating a trajectory");
  }
  explicit DeviceFloats(const std::vector<float>& host) : DeviceFloats(host.size()) {
    check_cuda(cudaMemcpy(data_, host.data(), host.size() * sizeof(float), cudaMemcpyHostToDevice),
               "copying to the device");
  }
  ~DeviceFloats() { cudaFree(data_); }
  DeviceFloats(const DeviceFloats&) = delete;
  DeviceFloats& operator=(const DeviceFloats&) = delete;
  float* get() const { return data_; }

 private:
  float* data_ = nullptr;
};

}  // namespace

extern "C" void kennel_open_loop_cuda(const Quadruped<float>* model, const OpenLoop* run,
                                      int device, std::vector<double>* out) {
  check_cuda(cudaSetDevice(device), "choosing the device");
  check_device_code();
  const int n = static_cast<int>(run->ctrl.size() / kNumJoints);
  const std::size_t size = static_cast<std::size_t>(n + 1) * kTrajectoryColumns;
  const std::vector<double> first = first_row(*run);
  const DeviceFloats init(std::vector<float>(first.begin(), first.end()));
  const DeviceFloats ctrl(std::vector<float>(run->ctrl.begin(), run->ctrl.end()));
  const DeviceFloats trajectory(size * (32 / kNumLegs));
  const auto start = has_many_points(*model) ? start_open_loop<ManyPoints<AllLegs>, ManyWarpLeg>
                                             : start_open_loop<AllLegs, WarpLeg>;
  start(*model, *run, init.get(), ctrl.get(), n, trajectory.get());
  std::vector<float> host(size);
  check_cuda(
      cudaMemcpy(host.data(), trajectory.get(), size * sizeof(float), cudaMemcpyDeviceToHost),
      "open-loop run");
  out->assign(host.begin(), host.end());
  for (int i = 0; i < kNv; ++i) (*out)[size - kNv + i] = std::numeric_limits<double>::quiet_NaN();
}

}  // namespace kennel
