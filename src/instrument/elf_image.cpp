#include "instrument/elf_image.hpp"

#include <algorithm>
#include <cstring>
#include <unistd.h>

namespace llmtrace::instrument {
namespace {

static_assert(sizeof(void*) == 8, "slots of 32-bit programs are not known here");

std::uintptr_t round_down(std::uintptr_t address) noexcept {
  static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  return address & ~(page - 1);
}

// Its last bucket's chain ends with the last symbol.
std::size_t count_by_gnu_hash(const std::uint32_t* table) noexcept {
  const std::uint32_t buckets = table[0];
  const std::uint32_t first = table[1];
  const std::uint32_t words = table[2];
  const auto* bucket = table + 4 + std::size_t{words} * (sizeof(ElfW(Addr)) / sizeof(std::uint32_t));
  const auto* chain = bucket + buckets;
  std::uint32_t last = 0;
  for (std::uint32_t i = 0; i < buckets; ++i) last = std::max(last, bucket[i]);
  if (last < first) return first;
  while ((chain[last - first] & 1u) == 0) ++last;
  return std::size_t{last} + 1;
}

}  // namespace

ElfImage::ElfImage(ElfW(Addr) base, const ElfW(Phdr) * headers, std::size_t count) noexcept : base_{base} {
  read_headers(headers, count);
  if (dynamic_ != nullptr) read_dynamic(dynamic_);
}

void ElfImage::read_headers(const ElfW(Phdr) * headers, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    const ElfW(Phdr)& header = headers[i];
    const std::uintptr_t begin = base_ + header.p_vaddr;
    const std::uintptr_t end = begin + header.p_memsz;
    if (header.p_type == PT_DYNAMIC) {
      // NOLINTNEXTLINE(performance-no-int-to-ptr): as the program's headers say
      dynamic_ = reinterpret_cast<const ElfW(Dyn)*>(begin);
    } else if (header.p_type == PT_GNU_RELRO) {
      // as the dynamic linker rounds: a page that is only partly covered stays writable
      relro_ = {round_down(begin), round_down(end)};
    } else if (header.p_type == PT_LOAD) {
      range_.begin = range_.begin == 0 ? begin : std::min(range_.begin, begin);
      range_.end = std::max(range_.end, end);
      if ((header.p_flags & PF_W) != 0 && writable_count_ < most_segments)
        writable_[writable_count_++] = {begin, end};
      if ((header.p_flags & (PF_R | PF_W)) == PF_R && constant_count_ < most_segments)
        constant_[constant_count_++] = {begin, begin + header.p_filesz};
    }
  }
}

// glibc has added the base to these addresses already, musl leaves them as they are in the file.
template <class T>
const T* ElfImage::at(ElfW(Addr) address) const noexcept {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the linker's tables hold numbers
  return reinterpret_cast<const T*>(address < range_.begin ? base_ + address : address);
}

void ElfImage::read_dynamic(const ElfW(Dyn) * dynamic) noexcept {
  std::size_t soname = 0;
  for (const ElfW(Dyn)* one = dynamic; one->d_tag != DT_NULL; ++one) {
    const ElfW(Addr) value = one->d_un.d_ptr;
    switch (one->d_tag) {
      case DT_SYMTAB: symbols_ = at<ElfW(Sym)>(value); break;
      case DT_STRTAB: strings_ = at<char>(value); break;
      case DT_STRSZ: strings_size_ = value; break;
      case DT_RELA: relocations_.first = at<ElfW(Rela)>(value); break;
      case DT_RELASZ: relocations_.count = value / sizeof(ElfW(Rela)); break;
      case DT_JMPREL: jump_slots_.first = at<ElfW(Rela)>(value); break;
      case DT_PLTRELSZ: jump_slots_.count = value / sizeof(ElfW(Rela)); break;
      case DT_GNU_HASH: gnu_hash_ = at<std::uint32_t>(value); break;
      case DT_HASH: hash_ = at<std::uint32_t>(value); break;
      case DT_VERSYM: versions_ = at<std::uint16_t>(value); break;
      case DT_VERNEED: needed_versions_ = at<ElfW(Verneed)>(value); break;
      case DT_VERNEEDNUM: needed_version_count_ = value; break;
      case DT_SONAME: soname = value; break;
      case DT_RPATH:
      case DT_RUNPATH: has_search_path_ = true; break;
      default: break;
    }
  }
  if (relocations_.first == nullptr) relocations_.count = 0;
  if (jump_slots_.first == nullptr) jump_slots_.count = 0;
  if (strings_ != nullptr && soname != 0) soname_ = text(soname);
}

std::string_view ElfImage::text(std::size_t offset) const noexcept {
  return offset < strings_size_ ? std::string_view{strings_ + offset} : std::string_view{};
}

bool ElfImage::is_writable(const void* address) const noexcept {
  const auto* end = writable_ + writable_count_;
  return std::any_of(writable_, end, [address](const MemoryRange& one) { return one.contains(address); });
}

bool ElfImage::holds_text(std::string_view text) const noexcept {
  return std::any_of(constant_, constant_ + constant_count_, [text](const MemoryRange& one) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): segments are numbers
    const void* begin = reinterpret_cast<const void*>(one.begin);
    return ::memmem(begin, one.end - one.begin, text.data(), text.size()) != nullptr;
  });
}

std::size_t ElfImage::symbol_count() const noexcept {
  if (hash_ != nullptr) return hash_[1];
  return gnu_hash_ != nullptr ? count_by_gnu_hash(gnu_hash_) : 0;
}

void* ElfImage::find_export(std::string_view name) const noexcept {
  if (!valid()) return nullptr;
  const std::size_t count = symbol_count();
  for (std::size_t i = 1; i < count; ++i) {
    const ElfW(Sym)& symbol = symbols_[i];
    if (symbol.st_shndx == SHN_UNDEF || (symbol.st_info & 0xf) != STT_FUNC) continue;
    if (symbol.st_value == 0 || text(symbol.st_name) != name) continue;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the linker's tables hold numbers
    return reinterpret_cast<void*>(base_ + symbol.st_value);
  }
  return nullptr;
}

bool ElfImage::needs(std::string_view library) const noexcept {
  for (const ElfW(Dyn)* one = dynamic_; one != nullptr && one->d_tag != DT_NULL; ++one)
    if (one->d_tag == DT_NEEDED && text(one->d_un.d_val) == library) return true;
  return false;
}

std::string_view ElfImage::library_of(std::size_t symbol) const noexcept {
  if (versions_ == nullptr || needed_versions_ == nullptr) return {};
  const unsigned version = versions_[symbol] & 0x7fffu;
  const auto* need = reinterpret_cast<const unsigned char*>(needed_versions_);
  for (std::size_t i = 0; i < needed_version_count_; ++i) {
    const auto* file = reinterpret_cast<const ElfW(Verneed)*>(need);
    const unsigned char* entry = need + file->vn_aux;
    for (unsigned j = 0; j < file->vn_cnt; ++j) {
      const auto* one = reinterpret_cast<const ElfW(Vernaux)*>(entry);
      if ((one->vna_other & 0x7fffu) == version) return text(file->vn_file);
      entry += one->vna_next;
    }
    need += file->vn_next;
  }
  return {};
}

// With an addend the word would not hold the function itself.
bool ElfImage::is_address(unsigned type, ElfW(Sxword) addend) noexcept {
#if defined(__x86_64__)
  return type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT || (type == R_X86_64_64 && addend == 0);
#elif defined(__aarch64__)
  return type == R_AARCH64_JUMP_SLOT ||
         ((type == R_AARCH64_GLOB_DAT || type == R_AARCH64_ABS64) && addend == 0);
#else
  static_cast<void>(type);
  static_cast<void>(addend);
  return false;
#endif
}

}  // namespace llmtrace::instrument
