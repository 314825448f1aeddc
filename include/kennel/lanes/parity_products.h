// The products of a layer by parity (Parity): one of the even parts, one of the odd, each with half
// of the plain layer's columns, and between them what needs both: the units themselves.
#pragma once

#include "kennel/lanes/products.h"

namespace kennel {

/// Units u, u' (m, n each) <- e + o + bias, e - o + bias of e = a b of `even` and o = a b of `odd`.
/// c (m, 2 n) <- their even and odd parts u + u', u - u', rectified before that with `bias.relu`;
/// without it c <- the units u, u' themselves.
void parity_forward(const Factors& even, const Factors& odd, Rows<float> c, std::int64_t m,
                    std::int64_t n, Bias bias);

/// From the gradient of a loss with respect to rectified units' even and odd parts, e and o as
/// above, to that before the rectifier:
/// c (m, 2 n) <- even and odd parts of (e + o where u > 0, else 0) and (e - o where u' > 0, else 0)
/// \param y     (m, 2 n), the even and odd parts of u, u'
/// \param sums  (n) <- the sums of the first n columns of c
void parity_rectified_gradient(const Factors& even, const Factors& odd, Rows<const float> y,
                               Rows<float> c, float* sums, std::int64_t m, std::int64_t n);

}  // namespace kennel
