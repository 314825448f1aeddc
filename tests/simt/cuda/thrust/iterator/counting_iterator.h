// thrust's counting iterator, as far as reductions index it.
#pragma once

namespace thrust {

template <class T>
struct counting_iterator {
  T first;
  T operator[](long i) const { return first + static_cast<T>(i); }
};
template <class T>
counting_iterator<T> make_counting_iterator(T first) {
  return {first};
}

}  // namespace thrust
