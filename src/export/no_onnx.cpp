// ONNX in a build that found no protobuf or no schema.
#include "kennel/core/check.h"
#include "src/export/onnx_policy.h"

namespace kennel {
namespace {

constexpr const char* kHowTo =
    "this program was built without ONNX; install protobuf-compiler, libprotobuf-dev and the "
    "Python "
    "package onnx, then run ./kennel setup and ./kennel build";

}  // namespace

std::string onnx_bytes(const PolicyFile&) { fail(kHowTo); }
PolicyFile policy_from_onnx(const std::string& path, const std::string&) {
  fail(path, ": ", kHowTo);
}

}  // namespace kennel
