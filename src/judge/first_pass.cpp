#include "kennel/judge/first_pass.h"

namespace kennel::judge {

FirstPasses first_passes(const Candidates& candidates, Gate until) {
  FirstPasses found;
  int wanted = 0;  // the first gate that none has passed
  while (const std::optional<PolicyFile> policy = candidates.next()) {
    Judgement judgement;
    for (; wanted <= static_cast<int>(until); ++wanted) {
      const Gate gate = kGates[wanted].gate;
      candidates.play(gate, *policy, judgement);
      found.missed = missed(gate, judgement, *policy);
      if (!passes(gate, judgement, *policy)) break;
      found.of[wanted] = Pass{found.judged, judgement};
    }
    ++found.judged;
    if (found[until]) break;
  }
  return found;
}

}  // namespace kennel::judge
