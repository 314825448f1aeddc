#include "kennel/rl/weight_tying.h"

#include <cmath>
#include <cstddef>

namespace kennel {

void WeightTying::add(const Mirror& in, const Mirror& out) {
  const auto base = static_cast<std::int64_t>(source_.size());
  const auto columns = static_cast<std::int64_t>(out.size());
  source_.resize(source_.size() + static_cast<std::size_t>(in.size() * columns), -1);
  source_sign_.resize(source_.size(), 0.0f);
  for (int i = 0; i < in.size(); ++i) {
    for (int o = 0; o < out.size(); ++o) {
      const std::int64_t entry = base + i * columns + o;
      const std::int64_t image = base + in.index[i] * columns + out.index[o];
      const float sign = in.sign[i] * out.sign[o];
      if (image < entry) continue;  // set together with its image
      if (image == entry && sign < 0.0f) {
        source_[entry] = 0;
        continue;
      }
      const auto free = static_cast<std::int64_t>(first_.size());
      first_.push_back(entry);
      second_.push_back(image);
      second_sign_.push_back(image == entry ? 0.0f : sign);
      source_[entry] = free;
      source_sign_[entry] = 1.0f;
      source_[image] = free;
      source_sign_[image] = image == entry ? 1.0f : sign;
    }
  }
}

void WeightTying::add_dense(const Mirror& in, const Mirror& out) {
  add(in, out);
  add_vector(out);
}

void WeightTying::add_vector(const Mirror& mirror) { add(identity_mirror(1), mirror); }

void WeightTying::build(torch::Device device) {
  source_index_ = torch::tensor(source_).to(device);
  signs_ = torch::tensor(source_sign_).to(device);
  first_index_ = torch::tensor(first_).to(device);
  second_index_ = torch::tensor(second_).to(device);
  second_signs_ = torch::tensor(second_sign_).to(device);
}

void WeightTying::expand(const torch::Tensor& free, torch::Tensor& dense) const {
  at::index_select_out(dense, free, -1, source_index_);
  dense.mul_(signs_);
}

void WeightTying::reduce(const torch::Tensor& dense_gradient, torch::Tensor& free_gradient) const {
  at::index_select_out(free_gradient, dense_gradient, 0, first_index_);
  free_gradient.addcmul_(dense_gradient.index_select(0, second_index_), second_signs_);
}

torch::Tensor WeightTying::project(const torch::Tensor& dense) const {
  const torch::Tensor sum =
      dense.index_select(0, first_index_) + dense.index_select(0, second_index_) * second_signs_;
  // The sum of two independent entries has twice the variance of one.
  return torch::where(second_signs_ == 0, sum, sum * std::sqrt(0.5));
}

}  // namespace kennel
