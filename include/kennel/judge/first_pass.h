// Which of the policies that a training had on its way are the first to pass the gates.
#pragma once

#include <array>
#include <functional>
#include <iterator>
#include <optional>
#include <string>

#include "kennel/judge/gate.h"

namespace kennel::judge {

/// A training's policies in the order in which it had them. Nothing is trained but in `next`, so
/// that it stands still while a policy is judged.
struct Candidates {
  std::function<std::optional<PolicyFile>()> next;  // nothing where the training has ended
  /// `play_for` with the caller's options.
  std::function<void(Gate gate, const PolicyFile& policy, Judgement& judgement)> play;
};

struct Pass {
  int candidate;  // counted from 0
  Judgement judgement;
};

struct FirstPasses {
  std::array<std::optional<Pass>, std::size(kGates)> of;  // by gate
  int judged = 0;                                         // candidates
  std::string missed;  // by the last of them, of the first gate that none has passed; empty: none

  const std::optional<Pass>& operator[](Gate gate) const { return of[static_cast<int>(gate)]; }
};

/// Judges each candidate by the first gate that none has passed yet, until one passes `until`.
FirstPasses first_passes(const Candidates& candidates, Gate until);

}  // namespace kennel::judge
