// LibTorch carries Gloo, but not its headers. What ProcessGroupGloo.hpp names of them is declared
// here, and never made or called by us: it only has to be spelt.
#pragma once

#include <chrono>

namespace gloo {

class Context {
 public:
  void setTimeout(std::chrono::milliseconds timeout);
};

}  // namespace gloo
