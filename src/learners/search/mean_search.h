// What searches have in common that are a mean, and those that draw around it by a variance of each
// parameter.
#pragma once

#include <torch/types.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "src/learners/search/search.h"

namespace kennel {

/// A search whose state is its mean theta, unless a subclass adds to it.
class MeanSearch : public Search {
 public:
  MeanSearch(const torch::Tensor& start, std::uint64_t seed) : theta_(start.clone()), seed_(seed) {}

  const torch::Tensor& mean() const override { return theta_; }
  void set_mean(const torch::Tensor& mean) override { theta_ = mean.clone(); }
  void save(TensorArchive& archive) const override { archive.put("search/mean", theta_); }
  void load(const TensorArchive& archive) override {
    theta_ = archive.tensor("search/mean").clone();
  }

 protected:
  /// Standard normal numbers of a generation, (rows, n).
  torch::Tensor noise(std::int64_t generation, std::int64_t rows) const {
    return search_noise(seed_, generation, rows, theta_.size(0));
  }

  torch::Tensor theta_;  // (n)

 private:
  std::uint64_t seed_;
};

/// A search whose candidates are x_k ~ N(theta, diag(var)), k = 1..population.
class GaussianSearch : public MeanSearch {
 public:
  GaussianSearch(const torch::Tensor& start, std::uint64_t seed, std::int64_t population,
                 double init_std)
      : MeanSearch(start, seed),
        var_(torch::full_like(start, std::pow(init_std, 2))),
        population_(population) {}

  torch::Tensor ask(std::int64_t generation) override {
    x_ = theta_ + noise(generation, population_) * var_.sqrt();
    return x_;
  }

  std::vector<Scalar> scalars() const override {
    return {{"train/sigma", var_.mean().sqrt().item<double>()}};
  }
  void save(TensorArchive& archive) const override {
    MeanSearch::save(archive);
    archive.put("search/variance", var_);
  }
  void load(const TensorArchive& archive) override {
    const torch::Tensor var = archive.tensor("search/variance").clone();
    MeanSearch::load(archive);  // may refuse; nothing has changed until here
    var_ = var;
  }

  const torch::Tensor& variance() const { return var_; }

 protected:
  torch::Tensor var_;  // (n)
  torch::Tensor x_;    // (population, n), of the last ask

 private:
  std::int64_t population_;
};

}  // namespace kennel
