// All that a command needs of the other processes that train with it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "kennel/ranks/meeting.h"
#include "kennel/rl/collective.h"

namespace kennel {

/// This process among those that train one policy; alone where nobody started others.
class Ranks {
 public:
  /// Alone.
  Ranks();
  /// Meets the others, where there are any.
  /// \throws Error naming what is wrong
  explicit Ranks(const RankPlace& place);
  ~Ranks();

  int rank() const { return place_.rank; }
  int size() const { return place_.size; }
  bool first() const { return place_.rank == 0; }
  const RankPlace& place() const { return place_; }

  /// Learners sum by NCCL, on this GPU, from now on.
  /// \throws Error when NCCL cannot connect the ranks
  void use_device(torch::Device device);

  /// What learners sum by: Gloo, which LibTorch carries, in plain memory.
  const Collective& collective() const;

  /// The largest of the ranks' numbers.
  std::int64_t largest(std::int64_t number) const;

  Meeting& meeting() { return *meeting_; }

  /// The last operation with the others is behind.
  void alone_from_now() {
    if (meeting_) meeting_->alone_from_now();
  }

  /// The first rank's word; what the others say counts for nothing. A subject is spoken of once.
  std::string word_of_first(const std::string& subject, const std::string& word);

  /// This rank's environments of all: whole shards (kennel/core/epoch_order.h).
  struct Share {
    int first = 0, count = 0;
  };
  /// \throws Error where there are more ranks than shards
  Share share_of(int num_envs) const;

  /// Ends the program for an error on several ranks: prints one line on one of them, exit code 1.
  [[noreturn]] void end_by(const std::exception& error);
  /// The same of a rank that has not met the others.
  [[noreturn]] static void end_by(const RankPlace& place, const std::exception& error);

 private:
  RankPlace place_;
  std::unique_ptr<Meeting> meeting_;
  std::unique_ptr<Collective> collective_;
};

}  // namespace kennel
