#include "kennel/contract/mirror.h"

#include <cstddef>

#include "kennel/core/check.h"

namespace kennel {

void check_mirror(const Mirror& mirror, int size, const std::string& name) {
  KENNEL_CHECK(mirror.size() == size && mirror.sign.size() == static_cast<std::size_t>(size),
               "the mirror of ", name, " has ", mirror.index.size(), " indices and ",
               mirror.sign.size(), " signs; expected ", size, " of each");
  for (int k = 0; k < size; ++k) {
    const int image = mirror.index[k];
    KENNEL_CHECK(image >= 0 && image < size, "the mirror of ", name, " maps ", k, " to ", image,
                 "; expected 0 to ", size - 1);
    KENNEL_CHECK(mirror.sign[k] == 1.0f || mirror.sign[k] == -1.0f, "the mirror of ", name,
                 " has sign ", mirror.sign[k], " at ", k, "; expected 1 or -1");
    KENNEL_CHECK(mirror.index[image] == k && mirror.sign[image] == mirror.sign[k], "the mirror of ",
                 name, " does not undo itself at ", k,
                 "; index[index[k]] must be k, with the same sign at both");
  }
}

Mirror identity_mirror(int size) {
  Mirror mirror;
  for (int k = 0; k < size; ++k) mirror.index.push_back(k);
  mirror.sign.assign(static_cast<std::size_t>(size), 1.0f);
  return mirror;
}

Mirror swap_mirror(int size) {
  Mirror mirror;
  for (int k = 0; k < size; ++k) mirror.index.push_back((k + size / 2) % size);
  mirror.sign.assign(static_cast<std::size_t>(size), 1.0f);
  return mirror;
}

}  // namespace kennel
