// Estimates of one gradient beside the truth.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kennel/gradient/alpha_order.h"

namespace kennel::gradient {

/// A function, where its gradient is wanted, and how the truth is known.
struct Case {
  std::string setting;  // "theta = 0.6", "physics step 4 ms"
  int horizon = 1;      // steps that the function looks ahead
  Function function;
  std::vector<double> x;
  bool continuous = false;  // then the first order is unbiased, and may tell the truth too
  AlphaRule rule;
};

struct StudyOptions {
  double sigma = 0.1;         // of the noise
  int samples = 100;          // of each estimate, at least 2
  int truth_samples = 10000;  // where the truth is not known by quadrature
  std::uint64_t seed = 0;
};

struct Estimate {
  std::string name;   // "zeroth", "first", "inverse variance", "alpha"
  double mean;        // of one parameter the number itself, of several the norm
  double mean_error;  // its standard error; of several that of the whole vector, an upper bound
  double bias;        // |mean - truth|, the sampling error included
  double error;       // standard error of mean - truth: a bias below twice it cannot be seen
  double variance;    // of one sample
  double cosine;      // of the mean to the truth
  double alpha;       // weight of the first order
};

struct Study {
  double truth;        // like Estimate's mean
  double truth_error;  // its standard error; 0 by quadrature
  std::vector<Estimate> estimates;
};

/// The truth of a function of one number is found by quadrature, of others by samples of their own:
/// of the order that varies less where both are unbiased, else of the zeroth.
Study study(const Case& c, const StudyOptions& options);

/// The small systems by name.
struct SmallTask {
  const char* name;
  const char* doc;
  double sigma;  // of the source
  std::vector<Case> (*cases)();
};
const std::vector<SmallTask>& small_tasks();

}  // namespace kennel::gradient
