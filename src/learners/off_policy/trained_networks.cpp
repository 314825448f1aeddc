#include "src/learners/off_policy/trained_networks.h"

#include <cstddef>

#include "kennel/core/check.h"

namespace kennel {
namespace {

constexpr double kHiddenGain = 1.4142135623730951;  // sqrt(2), keeps the variance through ReLU

std::int64_t num_dense(const NetworkPlan& plan) { return plan.count * num_parameters(plan.shape); }

}  // namespace

TrainedNetworks::TrainedNetworks(const NetworkPlan& plan, torch::Generator generator,
                                 WorkerPool& pool, torch::Device device, const LearnerOps& ops)
    : plan_(plan),
      pool_(pool),
      ops_(ops),
      dense_(torch::zeros({num_dense(plan)}, device)),
      target_dense_(torch::zeros({plan.followed ? num_dense(plan) : 0}, device)),
      gradient_(torch::zeros_like(dense_)),
      grad_norm_(torch::zeros({}, device)),
      layers_(views(dense_)),
      target_(plan.followed ? views(target_dense_) : Layers()),
      adam_(0, plan.learning_rate, device) {
  if (plan_.mirrors != nullptr) {
    build_tying();
    free_ = torch::zeros({tying_.num_free()}, device);
    free_gradient_ = torch::zeros_like(free_);
  } else {
    free_ = dense_;
    free_gradient_ = gradient_;
  }
  adam_ = Adam(free_.size(0), plan.learning_rate, device);
  initialise(generator);
  refresh();
  if (plan.followed) follow(1.0);
}

TrainedNetworks::Layers TrainedNetworks::views(const torch::Tensor& flat) const {
  Layers all;
  for (int k = 0; k < plan_.count; ++k)
    all.push_back(dense_views(flat, k * num_parameters(plan_.shape), plan_.shape));
  return all;
}

// Hidden units are pairs that the mirror swaps.
void TrainedNetworks::build_tying() {
  const MlpShape& shape = plan_.shape;
  for (int k = 0; k < plan_.count; ++k)
    for (std::size_t layer = 0; layer < shape.size(); ++layer)
      tying_.add_dense(
          layer == 0 ? plan_.mirrors->in : swap_mirror(shape[layer].in),
          layer + 1 == shape.size() ? plan_.mirrors->out : swap_mirror(shape[layer].out));
  tying_.build(dense_.device());
  plan_.mirrors = nullptr;  // the caller's
}

void TrainedNetworks::initialise(torch::Generator generator) {
  for (std::vector<Dense>& network : layers_)
    for (std::size_t k = 0; k < network.size(); ++k)
      orthogonal_(network[k].weight, k + 1 < network.size() ? kHiddenGain : plan_.output_gain,
                  generator);
  if (tying_.num_free() > 0) free_.copy_(tying_.project(dense_));
}

void TrainedNetworks::refresh() {
  if (tying_.num_free() > 0) tying_.expand(free_, dense_);
  if (!ops_.transposed_weights) return;
  for (std::vector<Dense>& network : layers_) refresh_transposed(network);
}

torch::Tensor TrainedNetworks::descend(std::int64_t rows, const SliceGradient& gradient) {
  const SlicePlan plan(rows, ops_.rows_a_slice.update);
  prepare(plan.num_slices);
  for_each_slice(pool_, plan, [&](const Slice& slice, int thread) {
    gradient(slice, thread, slice_views_[static_cast<std::size_t>(slice.index)],
             slice_sums_[slice.index]);
  });
  const torch::Tensor all = slice_gradients_.narrow(0, 0, plan.num_slices);
  for_each_slice(pool_, SlicePlan(gradient_.size(0), ops_.rows_a_slice.parameters),
                 [&](const Slice& slice, int) {
                   torch::Tensor sum = gradient_.narrow(0, slice.begin, slice.rows);
                   at::sum_out(sum, all.narrow(1, slice.begin, slice.rows), {0});
                 });
  if (tying_.num_free() > 0) tying_.reduce(gradient_, free_gradient_);
  adam_.step(free_, free_gradient_, plan_.max_grad_norm, grad_norm_);
  refresh();
  return slice_sums_.narrow(0, 0, plan.num_slices).sum(0);
}

void TrainedNetworks::prepare(std::int64_t num_slices) {
  if (static_cast<std::size_t>(num_slices) <= slice_views_.size()) return;
  slice_gradients_ = torch::zeros({num_slices, gradient_.size(0)}, gradient_.options());
  slice_sums_ = torch::zeros({num_slices, kNumSums}, gradient_.options());
  slice_views_.clear();
  for (std::int64_t k = 0; k < num_slices; ++k) slice_views_.push_back(views(slice_gradients_[k]));
}

// Dense first: what is tied to what is the tying's business.
void TrainedNetworks::set_output_bias(std::int64_t from, std::int64_t count, double value) {
  for (std::vector<Dense>& network : layers_)
    network.back().bias.narrow(0, from, count).fill_(value);
  // A reduction adds both entries of a pair, the mean of which is meant.
  if (tying_.num_free() > 0) {
    torch::Tensor once = torch::empty_like(free_), pairs = torch::empty_like(free_);
    torch::Tensor sizes = torch::empty_like(dense_);
    tying_.expand(torch::ones_like(free_), sizes);
    tying_.reduce(sizes, pairs);
    tying_.reduce(dense_, once);
    free_.copy_(once / pairs);
  }
  refresh();
}

// What is tied in the networks is in their targets too: both are dense and change in proportion.
void TrainedNetworks::follow(double tau) {
  if (tau >= 1.0) {
    target_dense_.copy_(dense_);
  } else {
    target_dense_.lerp_(dense_, tau);
  }
}

void TrainedNetworks::save(TensorArchive& archive, const std::string& name) const {
  archive.put(name + "/parameters", free_);
  archive.put(name + "/target", target_dense_);
  archive.put(name + "/first_moment", adam_.first_moment());
  archive.put(name + "/second_moment", adam_.second_moment());
  archive.put(name + "/adam", adam_.scalars());
}

void TrainedNetworks::check(const TensorArchive& archive, const std::string& name,
                            const std::string& source) const {
  const torch::Tensor& parameters = archive.tensor(name + "/parameters");
  KENNEL_CHECK(parameters.sizes() == free_.sizes(), source, " holds ", parameters.numel(),
               " parameters of the ", name, "; this run has ", free_.numel(),
               "; use the recipe it was trained with");
  KENNEL_CHECK(parameters.isfinite().all().item<bool>(), source, ": its ", name,
               " holds a number that is not finite; try an older checkpoint");
}

void TrainedNetworks::load_parameters(const TensorArchive& archive, const std::string& name) {
  free_.copy_(archive.tensor(name + "/parameters"));
  target_dense_.copy_(archive.tensor(name + "/target"));
  refresh();
}

// The learning rate is the recipe's, which may have been edited.
void TrainedNetworks::load(const TensorArchive& archive, const std::string& name) {
  load_parameters(archive, name);
  adam_.first_moment().copy_(archive.tensor(name + "/first_moment"));
  adam_.second_moment().copy_(archive.tensor(name + "/second_moment"));
  adam_.set_scalars(archive.tensor(name + "/adam"));
  adam_.learning_rate().fill_(plan_.learning_rate);
}

torch::Tensor input_gradient(const LearnerOps& ops, const std::vector<Dense>& layers,
                             MlpWorkspace& workspace, std::int64_t from) {
  std::size_t k = layers.size() - 1;
  torch::Tensor unused = torch::empty_like(layers[k].bias);
  ops.activation_backward(layers[k], workspace.output[k], workspace.grad[k], unused);
  for (; k > 0; --k) {
    unused = torch::empty_like(layers[k - 1].bias);
    ops.input_gradient(layers[k], workspace.grad[k], layers[k - 1], workspace.output[k - 1],
                       workspace.grad[k - 1], unused);
  }
  const torch::Tensor& weight = layers[0].weight;
  return workspace.grad[0].mm(weight.narrow(0, from, weight.size(0) - from).t());
}

}  // namespace kennel
