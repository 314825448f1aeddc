// The learner's threads. Tensors are worked on in slices, and each thread takes the next slice when
// it is done.
//
// Torch's own threads split single operations and wait for each other after every one, which costs
// more than these small networks' arithmetic, and stalls when another program takes a core. So a
// slice runs on one thread from end to end.
#pragma once

#include "kennel/core/thread_pool.h"

namespace kennel {

/// Makes torch's own operations single-threaded in this process (`at::set_num_threads(1)`): each
/// thread of the pool would start threads of its own otherwise.
class WorkerPool : public ThreadPool {
 public:
  /// \param num_threads  the caller included; 0: one a core
  explicit WorkerPool(int num_threads);
};

}  // namespace kennel
