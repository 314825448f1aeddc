#include "src/export/onnx_policy.h"

#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "kennel/core/check.h"
#include "kennel/policy/policy_json.h"
#include "onnx.pb.h"

namespace kennel {
namespace {

constexpr int kOpset = 17, kIrVersion = 8;  // of the same release of ONNX

/// What ONNX calls an activation; empty for none. Softmax goes over the last axis, Elu has alpha 1,
/// both by ONNX's defaults.
const std::map<std::string, std::string> kOperators = {
    {"", ""},       {"tanh", "Tanh"},       {"relu", "Relu"},
    {"elu", "Elu"}, {"sigmoid", "Sigmoid"}, {"softmax", "Softmax"}};

void describe_rows(const std::string& name, int size, onnx::ValueInfoProto& info) {
  info.set_name(name);
  auto& tensor = *info.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(onnx::TensorProto::FLOAT);
  tensor.mutable_shape()->add_dim()->set_dim_param("batch");
  tensor.mutable_shape()->add_dim()->set_dim_value(size);
}

void add_numbers(const std::string& name, std::initializer_list<int> shape,
                 const std::vector<float>& numbers, onnx::GraphProto& graph) {
  auto& tensor = *graph.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  for (const int size : shape) tensor.add_dims(size);
  tensor.set_raw_data(numbers.data(), numbers.size() * sizeof(float));
}

void add_node(const std::string& op, const std::vector<std::string>& inputs,
              const std::string& output, onnx::GraphProto& graph) {
  auto& node = *graph.add_node();
  node.set_op_type(op);
  node.set_name(output);
  for (const std::string& input : inputs) node.add_input(input);
  node.add_output(output);
}

onnx::GraphProto graph_of(const PolicyFile& policy) {
  onnx::GraphProto graph;
  graph.set_name("policy");
  const auto& layers = policy.network.layers;
  describe_rows("obs", policy.network.input_size(), *graph.add_input());
  describe_rows("action", policy.network.output_size(), *graph.add_output());
  std::string x = "obs";
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const std::string n = std::to_string(l), op = kOperators.at(layers[l].activation);
    const std::string y = l + 1 == layers.size() ? "action" : "hidden_" + n;
    const std::string sum = op.empty() ? y : "sum_" + n;
    add_numbers("weight_" + n, {layers[l].in, layers[l].out}, layers[l].weights, graph);
    add_numbers("bias_" + n, {layers[l].out}, layers[l].bias, graph);
    add_node("Gemm", {x, "weight_" + n, "bias_" + n}, sum, graph);
    if (!op.empty()) add_node(op, {sum}, y, graph);
    x = y;
  }
  return graph;
}

/// The contract that metadata_props hold.
std::string contract_of(const std::string& path, const onnx::ModelProto& model) {
  nlohmann::json contract = nlohmann::json::object();
  for (const auto& entry : model.metadata_props()) {
    contract[entry.key()] = parse_policy_json(path + ": metadata_props", entry.value());
  }
  return contract.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::vector<float> numbers_of(const onnx::TensorProto& tensor) {
  std::vector<float> numbers(tensor.raw_data().size() / sizeof(float));
  std::memcpy(numbers.data(), tensor.raw_data().data(), numbers.size() * sizeof(float));
  return numbers;
}

}  // namespace

std::string onnx_bytes(const PolicyFile& policy) {
  onnx::ModelProto model;
  model.set_ir_version(kIrVersion);
  model.set_producer_name("kennel");
  model.set_doc_string(text(policy.task == kWalkTask ? "A walking policy" : "A policy",
                            "; metadata_props say what its numbers mean."));
  model.add_opset_import()->set_version(kOpset);
  *model.mutable_graph() = graph_of(policy);
  const auto contract = nlohmann::ordered_json::parse(policy_contract(policy));
  for (const auto& [key, value] : contract.items()) {
    auto& entry = *model.add_metadata_props();
    entry.set_key(key);
    entry.set_value(value.dump());
  }
  return model.SerializeAsString();
}

PolicyFile policy_from_onnx(const std::string& path, const std::string& bytes) {
  onnx::ModelProto model;
  KENNEL_CHECK(model.ParseFromString(bytes), path,
               ": no ONNX model, or a damaged one; export the policy again");
  KENNEL_CHECK(model.producer_name() == "kennel" && model.metadata_props_size() > 0, path,
               ": an ONNX model of another producer, \"", model.producer_name(),
               "\", says nothing of joints, scales and history; expected one that kennel export "
               "wrote");
  std::vector<LayerNumbers> layers;
  const auto& numbers = model.graph().initializer();
  for (int i = 0; i + 1 < numbers.size(); i += 2)
    layers.push_back({numbers_of(numbers[i]), numbers_of(numbers[i + 1])});
  const PolicyFile policy = policy_from_contract(path, contract_of(path, model), layers);
  // Only the numbers were read: the graph must be the one that they belong to.
  KENNEL_CHECK(graph_of(policy).SerializeAsString() == model.graph().SerializeAsString(), path,
               ": its graph is not the one that kennel export writes for its contract; export the "
               "policy again");
  return policy;
}

}  // namespace kennel
