#include "gloo_collective.h"

#define USE_C10D_GLOO
#include <cstdlib>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include "kennel/core/check.h"
#include "kennel/ranks/ranks.h"

namespace kennel {
namespace {

class GlooCollective final : public Collective {
 public:
  explicit GlooCollective(Meeting& meeting) : meeting_(meeting) {
    using Group = c10d::ProcessGroupGloo;
    const auto options = Group::Options::create(meeting.patience().in_work);
    const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
    options->devices = {interface != nullptr
                            ? Group::createDeviceForInterface(interface)
                            : Group::createDeviceForHostname(meeting.own_address())};
    options->threads = 1;
    const auto store = c10::make_intrusive<c10d::PrefixStore>(
        "gloo", c10::intrusive_ptr<c10d::Store>::reclaim_copy(&meeting.store()));
    group_ = c10::make_intrusive<Group>(store, meeting.place().rank, meeting.place().size, options);
  }

  int rank() const override { return meeting_.place().rank; }
  int size() const override { return meeting_.place().size; }
  void sum(torch::Tensor& x) const override { reduce(x, c10d::ReduceOp::SUM); }
  void max(torch::Tensor& x) const override { reduce(x, c10d::ReduceOp::MAX); }
  void now(const char* doing) const override { meeting_.now(doing); }

 private:
  void reduce(torch::Tensor& x, c10d::ReduceOp::RedOpType by) const {
    c10d::AllreduceOptions options;
    options.reduceOp = by;
    std::vector<torch::Tensor> tensors = {x};
    try {
      group_->allreduce(tensors, options)->wait();
    } catch (const std::exception& error) {
      throw RankLost(error.what());
    }
  }

  Meeting& meeting_;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
};

}  // namespace

std::unique_ptr<Collective> gloo_collective(Meeting& meeting) {
  try {
    return std::make_unique<GlooCollective>(meeting);
  } catch (const std::exception& error) {
    throw RankLost(error.what());
  }
}

}  // namespace kennel
