// Sums over ranks in GPUs' memory, by NCCL on LibTorch's current stream: they can be recorded with
// the update that they belong to.
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <nccl.h>

#include <cstring>

#include "cuda_device.h"
#include "kennel/core/check.h"
#include "kennel/rl/collective.h"
#include "kennel/rl/cuda_entry.h"

namespace kennel {
namespace {

void check_nccl(ncclResult_t result, const char* doing) {
  KENNEL_CHECK(result == ncclSuccess, "NCCL failed ", doing, ": ", ncclGetErrorString(result), " (",
               ncclGetLastError(nullptr),
               "); NCCL_DEBUG=WARN says more, and NCCL_P2P_DISABLE=1, NCCL_SHM_DISABLE=1 or "
               "NCCL_IB_DISABLE=1 each leave out a way of transport that may be at fault");
}

ncclDataType_t type_of(const torch::Tensor& x) {
  switch (x.scalar_type()) {
    case torch::kFloat32:
      return ncclFloat32;
    case torch::kFloat64:
      return ncclFloat64;
    case torch::kInt64:
      return ncclInt64;
    case torch::kUInt8:
      return ncclUint8;
    default:
      fail("ranks cannot sum numbers of type ", x.scalar_type());
  }
}

class NcclCollective final : public Collective {
 public:
  NcclCollective(const CollectiveStart& start)
      : rank_(start.rank), size_(start.size), device_(start.device), now_(start.now) {
    const c10::cuda::CUDAGuard guard(device_);
    ncclUniqueId id{};
    if (rank_ == 0) check_nccl(ncclGetUniqueId(&id), "to open a meeting point");
    const std::string bytes = start.of_first(std::string(id.internal, sizeof id.internal));
    KENNEL_CHECK(bytes.size() == sizeof id.internal, "rank 0 sent no NCCL meeting point");
    std::memcpy(id.internal, bytes.data(), sizeof id.internal);
    check_nccl(ncclCommInitRank(&comm_, size_, id, rank_), "to connect the ranks");
  }
  ~NcclCollective() override {
    if (comm_ != nullptr) ncclCommAbort(comm_);  // does not wait for ranks that are gone
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  void sum(torch::Tensor& x) const override { reduce(x, ncclSum); }
  void max(torch::Tensor& x) const override { reduce(x, ncclMax); }
  void now(const char* doing) const override { now_(doing); }

 private:
  void reduce(torch::Tensor& x, ncclRedOp_t by) const {
    if (x.is_cpu()) {
      torch::Tensor there = x.to(device_);
      reduce(there, by);
      x.copy_(there);
      return;
    }
    const c10::cuda::CUDAGuard guard(device_);
    void* memory = x.mutable_data_ptr();
    check_nccl(ncclAllReduce(memory, memory, static_cast<std::size_t>(x.numel()), type_of(x), by,
                             comm_, c10::cuda::getCurrentCUDAStream(device_.index()).stream()),
               "to start a sum over ranks");
  }

  int rank_, size_;
  torch::Device device_;
  std::function<void(const char*)> now_;
  ncclComm_t comm_ = nullptr;
};

}  // namespace

extern "C" Collective* kennel_cuda_collective(const CollectiveStart& start) {
  return new NcclCollective(start);
}

}  // namespace kennel
