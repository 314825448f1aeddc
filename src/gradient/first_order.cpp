#include "kennel/gradient/first_order.h"

namespace kennel::gradient {

Samples first_order(const Function& f, std::span<const double> x, double sigma, int count,
                    const Noise& noise) {
  Samples out{f.dim, {}};
  std::vector<double> w(f.dim), at(f.dim), gradient(f.dim);
  for (int n = 0; n < count; ++n) {
    draw(noise, n, w);
    for (int i = 0; i < f.dim; ++i) at[i] = x[i] + sigma * w[i];
    f.gradient(at, gradient);
    out.rows.insert(out.rows.end(), gradient.begin(), gradient.end());
  }
  return out;
}

}  // namespace kennel::gradient
