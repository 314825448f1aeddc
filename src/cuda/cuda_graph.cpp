#include "cuda_graph.h"

#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include <cstddef>
#include <optional>

#include "cuda_device.h"
#include "kennel/core/check.h"
#include "kernels/step_args.h"

namespace kennel {
namespace {

/// LibTorch's graph, whose memory comes from a pool of its own. CUDA does not record the default
/// stream, so another one is the current stream meanwhile.
class CudaGraph final : public DeviceGraph {
 public:
  explicit CudaGraph(torch::Device device)
      : stream_(c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device.index())) {}

  ~CudaGraph() override {
    if (!recording_) return;
    try {
      graph_.capture_end();
    } catch (const std::exception&) {  // the recording is lost already, and why is being told
    }
  }

  void begin_capture() override {
    KENNEL_CHECK(!recording_, "a recording was begun within itself");
    recording_.emplace(stream_);
    c10::cuda::device_synchronize();
    // Other threads may allocate meanwhile.
    graph_.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
  }

  void end_capture() override {
    graph_.capture_end();
    check_cuda(cudaGraphGetNodes(graph_.raw_cuda_graph(), nullptr, &operations_),
               "counting a recording's operations");
    graph_.instantiate();
    recording_.reset();
  }

  void launch() override {
    const c10::cuda::CUDAGuard guard(stream_.device());
    graph_.replay();
  }

  std::int64_t operations() const override { return static_cast<std::int64_t>(operations_); }

 private:
  c10::cuda::CUDAStream stream_;
  at::cuda::CUDAGraph graph_{/*keep_graph=*/true};  // until its operations are counted
  std::size_t operations_ = 0;
  std::optional<c10::cuda::CUDAStreamGuard> recording_;  // stream_ is the current one
};

std::unique_ptr<DeviceGraph> make_cuda_graph(torch::Device device) {
  const torch::Device usable = usable_device(device.str());
  const c10::cuda::CUDAGuard guard(usable);
  return std::make_unique<CudaGraph>(usable);
}

}  // namespace

std::unique_ptr<DeviceGraph> (*cuda_graph_maker())(torch::Device) { return make_cuda_graph; }

}  // namespace kennel
