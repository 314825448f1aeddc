#include "kennel/rl/checkpoint.h"

#include <cstddef>
#include <utility>

#include "kennel/core/check.h"
#include "kennel/rl/tensor_archive.h"
#include "src/rl/gait_archive.h"

namespace kennel {
namespace {

std::string layer_prefix(std::int64_t layer) { return text("policy/", layer, "/"); }

}  // namespace

CheckpointSummary read_checkpoint(const std::filesystem::path& path) {
  const TensorArchive archive = TensorArchive::load(path);
  CheckpointSummary summary;
  summary.config = archive.text("config");
  summary.iteration = archive.number("iteration");
  summary.env_steps = archive.number("env_steps");
  for (std::int64_t k = 0; k < archive.number("policy/layers"); ++k) {
    const std::string prefix = layer_prefix(k);
    const torch::Tensor& weight = archive.tensor(prefix + "weight");
    const torch::Tensor& bias = archive.tensor(prefix + "bias");
    DenseLayer layer;
    layer.in = static_cast<int>(weight.size(0));
    layer.out = static_cast<int>(weight.size(1));
    layer.weights.assign(weight.const_data_ptr<float>(),
                         weight.const_data_ptr<float>() + weight.numel());
    layer.bias.assign(bias.const_data_ptr<float>(), bias.const_data_ptr<float>() + bias.numel());
    layer.activation = archive.text(prefix + "activation");
    summary.policy.layers.push_back(std::move(layer));
  }
  summary.policy.gait = gait_in(archive);
  return summary;
}

void put_summary(TensorArchive& archive, const CheckpointSummary& summary) {
  archive.put("config", summary.config);
  archive.put("iteration", summary.iteration);
  archive.put("env_steps", summary.env_steps);
  const auto layers = static_cast<std::int64_t>(summary.policy.layers.size());
  archive.put("policy/layers", layers);
  for (std::int64_t k = 0; k < layers; ++k) {
    const DenseLayer& layer = summary.policy.layers[static_cast<std::size_t>(k)];
    const std::string prefix = layer_prefix(k);
    archive.put(prefix + "weight", torch::tensor(layer.weights).view({layer.in, layer.out}));
    archive.put(prefix + "bias", torch::tensor(layer.bias));
    archive.put(prefix + "activation", layer.activation);
  }
  if (summary.policy.gait) put_gait(archive, *summary.policy.gait);
}

}  // namespace kennel
