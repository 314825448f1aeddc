#include "kennel/gradient/study.h"

#include <cmath>

#include "kennel/gradient/first_order.h"
#include "kennel/gradient/quadrature.h"
#include "kennel/gradient/zeroth_order.h"

namespace kennel::gradient {
namespace {

// Streams of noise, so that no two estimates share any.
enum Stream : std::uint32_t { kZerothStream, kFirstStream, kTruthStream, kFirstTruthStream };

struct Truth {
  std::vector<double> gradient;
  double error;
};

Truth truth_of(const Case& c, const StudyOptions& o) {
  if (c.function.dim == 1) return {{limits_of(c.function, c.x[0], o.sigma).truth}, 0};
  const Function& f = c.function;
  const std::vector<double>& x = c.x;
  Moments best = moments(zeroth_order(f, x, o.sigma, o.truth_samples, {o.seed, kTruthStream}));
  if (c.continuous) {
    const Moments first =
        moments(first_order(f, x, o.sigma, o.truth_samples, {o.seed, kFirstTruthStream}));
    if (first.variance < best.variance) best = first;
  }
  return {best.mean, std::sqrt(best.variance_of_mean())};
}

double shown(const std::vector<double>& gradient) {
  return gradient.size() == 1 ? gradient[0] : norm(gradient);
}

}  // namespace

Study study(const Case& c, const StudyOptions& o) {
  const Truth truth = truth_of(c, o);
  const Moments zeroth =
      moments(zeroth_order(c.function, c.x, o.sigma, o.samples, {o.seed, kZerothStream}));
  const Moments first =
      moments(first_order(c.function, c.x, o.sigma, o.samples, {o.seed, kFirstStream}));
  Study out{shown(truth.gradient), truth.error, {}};
  const auto add = [&](const char* name, double alpha) {
    const Moments m = interpolated(zeroth, first, alpha);
    const double mean_error = std::sqrt(m.variance_of_mean());
    out.estimates.push_back({name, shown(m.mean), mean_error, distance(m.mean, truth.gradient),
                             std::hypot(mean_error, truth.error), m.variance,
                             cosine(m.mean, truth.gradient), alpha});
  };
  add("zeroth", 0);
  add("first", 1);
  add("inverse variance", inverse_variance_alpha(zeroth, first));
  add("alpha", alpha_order_alpha(zeroth, first, c.rule));
  return out;
}

}  // namespace kennel::gradient
