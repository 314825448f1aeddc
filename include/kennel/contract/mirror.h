// Left-right symmetry as the caller knows it: a signed permutation of each vector.
#pragma once

#include <string>
#include <vector>

namespace kennel {

/// The mirror image of a vector: mirrored[k] = sign[k] * x[index[k]]. Mirrored twice it is itself.
struct Mirror {
  std::vector<int> index;
  std::vector<float> sign;  // +1 or -1

  int size() const { return static_cast<int>(index.size()); }
};

/// The mirror images of what the policy sees, what the critic sees and what the policy does.
struct Mirrors {
  Mirror obs;
  Mirror privileged_obs;
  Mirror action;
};

/// \throws Error unless `mirror` has `size` entries, is a permutation with signs, and undoes itself
void check_mirror(const Mirror& mirror, int size, const std::string& name);

/// Leaves every one of `size` numbers as it is.
Mirror identity_mirror(int size);

/// Swaps the halves of `size` (even) numbers: what pairs of hidden units do on a mirrored input.
Mirror swap_mirror(int size);

}  // namespace kennel
