// thrust's transform iterator, as far as reductions index it.
#pragma once

namespace thrust {

template <class Iterator, class Function>
struct transform_iterator {
  Iterator from;
  Function change;
  auto operator[](long i) const { return change(from[i]); }
};
template <class Iterator, class Function>
transform_iterator<Iterator, Function> make_transform_iterator(Iterator from, Function change) {
  return {from, change};
}

}  // namespace thrust
