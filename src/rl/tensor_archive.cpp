#include "kennel/rl/tensor_archive.h"

#include <bit>
#include <cstring>
#include <string_view>
#include <vector>

#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"

namespace kennel {
namespace {

static_assert(std::endian::native == std::endian::little, "archives are written little-endian");

constexpr std::string_view kMagic = "KENNELTA";
enum class Kind : std::uint8_t { kText = 1, kNumber = 2, kTensor = 3 };

constexpr torch::ScalarType kTypes[] = {torch::kFloat32, torch::kFloat64, torch::kInt64,
                                        torch::kUInt8};

std::uint8_t type_code(torch::ScalarType type) {
  for (std::uint8_t code = 0; code < std::size(kTypes); ++code) {
    if (kTypes[code] == type) return code;
  }
  fail("a tensor archive cannot hold ", c10::toString(type),
       "; expected float32, float64, int64 or uint8");
}

// FNV-1a over 8-byte words, the tail byte by byte.
std::uint64_t checksum(std::string_view bytes) {
  constexpr std::uint64_t kPrime = 0x100000001b3ull;
  std::uint64_t hash = 0xcbf29ce484222325ull;
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, 8);
    hash = (hash ^ word) * kPrime;
    hash ^= hash >> 29;  // a multiplication alone never moves high bits down
  }
  for (; at < bytes.size(); ++at) {
    hash = (hash ^ static_cast<unsigned char>(bytes[at])) * kPrime;
  }
  return hash;
}

class Writer {
 public:
  template <class T>
  void value(T v) {
    out_.append(reinterpret_cast<const char*>(&v), sizeof(v));
  }
  void raw(std::string_view bytes) { out_.append(bytes); }
  void sized(std::string_view bytes) {
    value<std::uint64_t>(bytes.size());
    raw(bytes);
  }
  void entry(const std::string& name, Kind kind) {
    sized(name);
    value(static_cast<std::uint8_t>(kind));
  }
  void tensor(const torch::Tensor& t) {
    value(type_code(t.scalar_type()));
    value(static_cast<std::uint8_t>(t.dim()));
    for (const std::int64_t size : t.sizes()) value(size);
    raw({static_cast<const char*>(t.const_data_ptr()), t.nbytes()});
  }
  std::string& bytes() { return out_; }

 private:
  std::string out_;
};

// Never reads beyond the end: the checksum guards against damage, this against everything else.
class Reader {
 public:
  Reader(std::string_view bytes, const std::string& source) : bytes_(bytes), source_(source) {}

  template <class T>
  T value() {
    T v;
    std::memcpy(&v, take(sizeof(T)).data(), sizeof(T));
    return v;
  }
  std::string_view take(std::uint64_t count) {
    KENNEL_CHECK(count <= bytes_.size() - at_, source_,
                 " is cut: it ends within an entry; use another checkpoint");
    const std::string_view part = bytes_.substr(at_, count);
    at_ += count;
    return part;
  }
  std::string sized() { return std::string(take(value<std::uint64_t>())); }
  torch::Tensor tensor() {
    const auto code = value<std::uint8_t>();
    KENNEL_CHECK(code < std::size(kTypes), source_, " is not a valid checkpoint: tensor type ",
                 int{code}, " is unknown; use another checkpoint");
    const auto dims = value<std::uint8_t>();
    std::vector<std::int64_t> sizes;
    std::uint64_t numel = 1;
    for (int k = 0; k < dims; ++k) {
      sizes.push_back(value<std::int64_t>());
      KENNEL_CHECK(sizes.back() >= 0 && sizes.back() < (std::int64_t{1} << 40), source_,
                   " is not a valid checkpoint: a tensor has dimension ", sizes.back());
      numel *= static_cast<std::uint64_t>(sizes.back());
      KENNEL_CHECK(numel <= bytes_.size(), source_,
                   " is not a valid checkpoint: a tensor is larger than the file");
    }
    const std::string_view raw = take(numel * c10::elementSize(kTypes[code]));
    torch::Tensor t = torch::empty(sizes, torch::TensorOptions().dtype(kTypes[code]));
    if (!raw.empty()) std::memcpy(t.mutable_data_ptr(), raw.data(), raw.size());
    return t;
  }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  const std::string& source_;
};

template <class Map>
const typename Map::mapped_type& find(const Map& map, const std::string& name,
                                      const std::string& source) {
  const auto it = map.find(name);
  KENNEL_CHECK(it != map.end(), source, " has no entry \"", name,
               "\"; it was written by another program or version, use another checkpoint");
  return it->second;
}

}  // namespace

void TensorArchive::put(const std::string& name, const torch::Tensor& tensor) {
  type_code(tensor.scalar_type());
  tensors_[name] =
      tensor.detach().to(torch::kCPU, /*non_blocking=*/false, /*copy=*/true).contiguous();
}

const std::string& TensorArchive::text(const std::string& name) const {
  return find(texts_, name, source_);
}

std::int64_t TensorArchive::number(const std::string& name) const {
  return find(numbers_, name, source_);
}

const torch::Tensor& TensorArchive::tensor(const std::string& name) const {
  return find(tensors_, name, source_);
}

void TensorArchive::check_tensors_of(const TensorArchive& other) const {
  for (const auto& [name, wanted] : other.tensors_)
    KENNEL_CHECK(tensor(name).sizes() == wanted.sizes(), source_, ": its ", name, " is of shape ",
                 tensor(name).sizes(), "; this run has ", wanted.sizes(),
                 "; use the recipe it was trained with");
}

std::string TensorArchive::serialise() const {
  Writer out;
  out.raw(kMagic);
  out.value(kFormatVersion);
  out.value<std::uint64_t>(texts_.size() + numbers_.size() + tensors_.size());
  for (const auto& [name, text] : texts_) {
    out.entry(name, Kind::kText);
    out.sized(text);
  }
  for (const auto& [name, number] : numbers_) {
    out.entry(name, Kind::kNumber);
    out.value(number);
  }
  for (const auto& [name, tensor] : tensors_) {
    out.entry(name, Kind::kTensor);
    out.tensor(tensor);
  }
  out.value(checksum(out.bytes()));
  return std::move(out.bytes());
}

TensorArchive TensorArchive::parse(const std::string& bytes, const std::string& source) {
  const std::string_view all = bytes;
  KENNEL_CHECK(all.size() > kMagic.size() || !kMagic.starts_with(all), source, " is cut after ",
               all.size(), " bytes; use another checkpoint");
  KENNEL_CHECK(all.starts_with(kMagic), source,
               " is not a kennel checkpoint; expected a file written by `kennel train`");
  Reader header(all.substr(kMagic.size()), source);
  const auto version = header.value<std::uint32_t>();
  KENNEL_CHECK(version == kFormatVersion, source, " has checkpoint format ", version,
               ", this program reads format ", kFormatVersion, "; use the version that wrote it");
  KENNEL_CHECK(all.size() >= kMagic.size() + sizeof(version) + 2 * sizeof(std::uint64_t), source,
               " is cut after ", all.size(), " bytes; use another checkpoint");
  const std::size_t body = all.size() - sizeof(std::uint64_t);
  Reader tail(all.substr(body), source);
  KENNEL_CHECK(tail.value<std::uint64_t>() == checksum(all.substr(0, body)), source,
               " is cut or damaged: its checksum does not match; use another checkpoint");
  TensorArchive archive;
  archive.source_ = source;
  Reader in(all.substr(0, body), source);
  in.take(kMagic.size() + sizeof(version));
  const auto entries = in.value<std::uint64_t>();
  for (std::uint64_t k = 0; k < entries; ++k) {
    const std::string name = in.sized();
    switch (static_cast<Kind>(in.value<std::uint8_t>())) {
      case Kind::kText:
        archive.texts_[name] = in.sized();
        break;
      case Kind::kNumber:
        archive.numbers_[name] = in.value<std::int64_t>();
        break;
      case Kind::kTensor:
        archive.tensors_[name] = in.tensor();
        break;
      default:
        fail(source, " is not a valid checkpoint: entry \"", name, "\" is of an unknown kind");
    }
  }
  return archive;
}

void TensorArchive::save(const std::filesystem::path& path) const {
  write_file_atomically(path, serialise());
}

TensorArchive TensorArchive::load(const std::filesystem::path& path) {
  return parse(read_file(path), path.string());
}

}  // namespace kennel
