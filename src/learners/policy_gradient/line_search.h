// How far along a step one may go (Schulman et al. 2015, arXiv 1502.05477, appendix C): the whole
// step is tried, then ever smaller shares of it, and the first that is an improvement within the
// trust region is taken.
#pragma once

#include <functional>

namespace kennel {

/// What a share of the step comes to.
struct LineTrial {
  double improvement = 0.0;  // of the surrogate
  double kl = 0.0;           // from where the step began [nat]
};

struct LineSearchRule {
  int most_trials = 10;
  double shrink = 0.8;  // each share by the one before it, below 1
  double max_kl = 0.01;
};

struct LineSearchResult {
  int trials = 0;
  double share = 0.0;  // of the step that was accepted; 0: none
  LineTrial at = {};   // what it comes to; of none, nothing
};

/// Accepts the first share with improvement > 0 and kl <= max_kl; numbers that are not finite are
/// neither. `evaluate` is called once a trial, and the last call is that of the accepted share.
inline LineSearchResult line_search(const LineSearchRule& rule,
                                    const std::function<LineTrial(double share)>& evaluate) {
  LineSearchResult out;
  double share = 1.0;
  while (out.trials < rule.most_trials) {
    const LineTrial trial = evaluate(share);
    ++out.trials;
    if (trial.improvement > 0.0 && trial.kl <= rule.max_kl) {
      out.share = share;
      out.at = trial;
      return out;
    }
    share *= rule.shrink;
  }
  return out;
}

}  // namespace kennel
