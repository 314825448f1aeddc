// Ctrl-C during long work: Python notes a signal, and acts on it when it is asked to.
#pragma once

#include <nanobind/nanobind.h>

namespace kennel::python {

/// Called without the GIL, now and then.
/// \throws nanobind::python_error what the handler of a signal that came raised
inline void raise_signals() {
  const nanobind::gil_scoped_acquire acquire;
  if (PyErr_CheckSignals() != 0) throw nanobind::python_error();
}

}  // namespace kennel::python
