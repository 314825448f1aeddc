#include "cuda_minibatch.h"

#include <algorithm>

#include "cuda_tensors.h"
#include "kernels/step_args.h"

namespace kennel {
namespace {

/// Of the flat vector, the layers from `at` on, which is moved past them.
NetworkArgs network_args(const MlpShape& shape, int& at) {
  NetworkArgs out{};
  out.num_layers = count_of(static_cast<std::int64_t>(shape.size()));
  for (int l = 0; l < out.num_layers; ++l) {
    const DenseShape& layer = shape[static_cast<std::size_t>(l)];
    out.layers[l] = {layer.in, layer.out, layer_activation(layer.activation), at};
    at += (layer.in + 1) * layer.out;
  }
  return out;
}

struct Networks {
  int size = 0;  // of the layers together, where the log standard deviations begin
  NetworkArgs actor, critic;

  Networks(const MlpShape& actor_shape, const MlpShape& critic_shape)
      : actor(network_args(actor_shape, size)), critic(network_args(critic_shape, size)) {}
};

int attribute(cudaDeviceAttr of, torch::Device device) {
  int value = 0;
  check_cuda(cudaDeviceGetAttribute(&value, of, std::max<int>(device.index(), 0)),
             "asking for what the device has");
  return value;
}

TileProducts tile_products(ProductPrecision products) {
  switch (products) {
    case ProductPrecision::kFp32:
      return TileProducts::kFp32;
    case ProductPrecision::kTf32:
      return TileProducts::kTf32;
    case ProductPrecision::kBf16:
      return TileProducts::kBf16;
  }
  fail("a precision that does not exist");
}

/// Layers are read, and slices written, four numbers at once.
bool is_aligned(const torch::Tensor& x) {
  return reinterpret_cast<std::uintptr_t>(x.const_data_ptr()) % 16 == 0;
}

bool are_dense(const MlpShape& shape) {
  return shape.size() <= static_cast<std::size_t>(kMostLayers) &&
         std::none_of(shape.begin(), shape.end(),
                      [](const DenseShape& layer) { return layer.even_in.has_value(); });
}

}  // namespace

MinibatchPlan plan_cuda_minibatches(const MlpShape& actor, const MlpShape& critic,
                                    ProductPrecision products, torch::Device device) {
  MinibatchPlan plan{actor, critic, products, 0, 0};
  if (!are_dense(actor) || !are_dense(critic)) return plan;
  if (products != ProductPrecision::kFp32 &&
      attribute(cudaDevAttrComputeCapabilityMajor, device) < 8)
    return plan;
  const Networks networks(actor, critic);
  const int shared = attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin, device);
  prepare_minibatch_kernels(shared);
  plan.tile_rows = minibatch_tile_rows(networks.actor, networks.critic, shared);
  // A slice is two blocks, and a multiprocessor holds one.
  plan.most_slices = std::max(1, attribute(cudaDevAttrMultiProcessorCount, device) / 2);
  return plan;
}

void cuda_minibatch(const MinibatchPlan& plan, const MinibatchPass& pass) {
  const Networks networks(plan.actor, plan.critic);
  KENNEL_CHECK(is_aligned(pass.weights) && is_aligned(pass.gradients),
               "the minibatch kernel was given memory that is not aligned to 16 bytes");
  const bool indexed = pass.index.defined();
  launch_minibatch({.actor = networks.actor,
                    .critic = networks.critic,
                    .obs = read(pass.batch.obs),
                    .privileged_obs = read(pass.batch.privileged_obs),
                    .samples = reading(pass.batch.samples),
                    .index = indexed ? pass.index.const_data_ptr<std::int64_t>() : nullptr,
                    .rows = indexed ? pass.index.size(0) : pass.batch.obs.size(0),
                    .weights = read(pass.weights),
                    .log_std_at = networks.size,
                    .action_size = count_of(pass.batch.samples.action.size(1)),
                    .clip_param = static_cast<float>(pass.rule.clip_param),
                    .scale = static_cast<float>(pass.rule.scale),
                    .value_scale = static_cast<float>(pass.rule.value_scale),
                    .value_clip = pass.rule.value_clip,
                    .slices = count_of(pass.gradients.size(0)),
                    .stride = count_of(pass.gradients.size(1)),
                    .gradients = write(pass.gradients),
                    .losses = write(pass.losses)},
                   tile_products(plan.products), plan.tile_rows, stream_of(pass.weights));
}

}  // namespace kennel
