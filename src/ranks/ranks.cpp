#include "kennel/ranks/ranks.h"

#include <algorithm>

#include "gloo_collective.h"
#include "kennel/core/check.h"
#include "kennel/core/cuda_plugin.h"
#include "kennel/core/epoch_order.h"
#include "kennel/rl/cuda_entry.h"

namespace kennel {

Ranks::Ranks() = default;

Ranks::Ranks(const RankPlace& place) : place_(place) {
  if (place.size == 1) return;
  meeting_ = std::make_unique<Meeting>(place, RankPatience::of_process());
  collective_ = gloo_collective(*meeting_);
}

Ranks::~Ranks() = default;

void Ranks::use_device(torch::Device device) {
  if (!meeting_ || !device.is_cuda()) return;
  meeting_->end_when_lost();  // who waits for a GPU does not see that a rank is gone
  using Entry = decltype(&kennel_cuda_collective);
  const auto make =
      reinterpret_cast<Entry>(cuda_entry_point("kennel_cuda_collective", device.str()));
  collective_.reset(make({rank(), size(), device,
                          [this](const std::string& word) { return word_of_first("NCCL", word); },
                          [this](const char* doing) { meeting_->now(doing); }}));
}

const Collective& Ranks::collective() const { return collective_ ? *collective_ : alone(); }

std::int64_t Ranks::largest(std::int64_t number) const {
  if (size() == 1) return number;
  torch::Tensor x = torch::tensor({number}, torch::kInt64);
  collective().max(x);
  return x.item<std::int64_t>();
}

std::string Ranks::word_of_first(const std::string& subject, const std::string& word) {
  return meeting_ ? meeting_->tell(subject, first() ? word : "").front() : word;
}

Ranks::Share Ranks::share_of(int num_envs) const {
  const std::int64_t shards = (num_envs + kEnvsAShard - 1) / kEnvsAShard;
  KENNEL_CHECK(size() <= shards, size(), " ranks share ", num_envs,
               " environments, which go by blocks of ", kEnvsAShard, ": expected at most ", shards,
               " ranks; start fewer, or train with more environments (--num-envs)");
  const auto at = [&](int rank) {
    return static_cast<int>(std::min<std::int64_t>(num_envs, shards * rank / size() * kEnvsAShard));
  };
  return {at(rank()), at(rank() + 1) - at(rank())};
}

void Ranks::end_by(const RankPlace& place, const std::exception& error) {
  end_with(text(place.rank > 0 ? text("rank ", place.rank, ": ") : "", error.what()));
}

void Ranks::end_by(const std::exception& error) {
  if (!meeting_) end_by(place_, error);
  meeting_->end_by(error);
}

}  // namespace kennel
