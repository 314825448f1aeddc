// Between a simulator's memory and Python's arrays.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <initializer_list>
#include <string_view>

#include "simulator.h"

namespace kennel::python {

enum class Kind { kFloat, kBool, kInt64 };

/// An array that a caller handed over, checked: of one type and shape, contiguous, on the host.
class Given {
 public:
  /// \param name  what messages call it
  /// Raises TypeError for another type or device, ValueError for another shape or layout.
  Given(nanobind::handle array, std::string_view name, Kind kind, std::initializer_list<int> shape);

  const void* data() const { return array_.data(); }

 private:
  nanobind::ndarray<nanobind::ro> array_;
};

/// numpy arrays that are a slot's memory, by name. bfloat16 is handed over as its bits, uint16.
nanobind::dict slot_arrays(const Simulator& simulator, int index);

/// The array that is a view's memory.
nanobind::object view_array(Simulator& simulator, std::string_view name);

/// The array that is the clocks' memory.
nanobind::object clock_array(Simulator& simulator);

}  // namespace kennel::python
