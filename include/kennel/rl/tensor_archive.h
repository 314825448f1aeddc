// A file of named tensors whose bytes depend on nothing but its content.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace kennel {

/// Texts, integers and tensors by name. Equal archives give equal bytes: entries are sorted,
/// nothing is stamped.
///
/// Layout, little-endian: magic (8 bytes), format version (u32), number of entries (u64), entries,
/// checksum (u64) over all before it. An entry is name (u64 length, bytes), kind (u8), and text
/// (u64 length, bytes), integer (i64), or tensor (u8 type, u8 dimensions, i64 each, raw elements).
class TensorArchive {
 public:
  static constexpr std::uint32_t kFormatVersion = 1;

  void put(const std::string& name, std::string text) { texts_[name] = std::move(text); }
  void put(const std::string& name, std::int64_t number) { numbers_[name] = number; }
  /// Copies the tensor to the CPU. float32, float64, int64 and uint8 are supported.
  void put(const std::string& name, const torch::Tensor& tensor);

  bool has_tensor(const std::string& name) const { return tensors_.contains(name); }
  const std::string& text(const std::string& name) const;
  std::int64_t number(const std::string& name) const;
  const torch::Tensor& tensor(const std::string& name) const;

  /// \throws Error unless it has every tensor that `other` has, of the same shape
  void check_tensors_of(const TensorArchive& other) const;

  std::string serialise() const;

  /// \param source  named in errors
  /// \throws Error when the bytes are no archive, of another format version, or cut or damaged
  static TensorArchive parse(const std::string& bytes, const std::string& source);

  /// Writes the archive under a temporary name and renames it.
  /// \throws Error when that fails
  void save(const std::filesystem::path& path) const;

  static TensorArchive load(const std::filesystem::path& path);

 private:
  std::string source_ = "archive";
  std::map<std::string, std::string> texts_;
  std::map<std::string, std::int64_t> numbers_;
  std::map<std::string, torch::Tensor> tensors_;
};

}  // namespace kennel
