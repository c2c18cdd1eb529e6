// A shared object as the dynamic linker has laid it out: what it defines, what it imports, and the slots in
// which its imports' addresses stand. Knows nothing of curl. Reads memory only; the caller keeps the object
// loaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <elf.h>
#include <link.h>
#include <string_view>

namespace llmtrace::instrument {

struct MemoryRange {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  [[nodiscard]] bool contains(std::uintptr_t address) const noexcept {
    return address >= begin && address < end;
  }
  [[nodiscard]] bool contains(const void* address) const noexcept {
    return contains(reinterpret_cast<std::uintptr_t>(address));
  }
};

// Where the address of an imported function stands.
struct ImportSlot {
  void** at = nullptr;
  std::string_view name;
  std::string_view library;  // the file that its version is asked from; may be empty
};

class ElfImage {
 public:
  ElfImage() noexcept = default;
  ElfImage(ElfW(Addr) base, const ElfW(Phdr) * headers, std::size_t count) noexcept;

  [[nodiscard]] bool valid() const noexcept { return symbols_ != nullptr && strings_ != nullptr; }
  [[nodiscard]] MemoryRange range() const noexcept { return range_; }
  // What the linker made read-only when it was done.
  [[nodiscard]] MemoryRange read_only_after_start() const noexcept { return relro_; }
  // Whether its constants hold this text.
  [[nodiscard]] bool holds_text(std::string_view text) const noexcept;
  [[nodiscard]] bool is_writable(const void* address) const noexcept;

  // The address of a function that this object defines for others.
  [[nodiscard]] void* find_export(std::string_view name) const noexcept;
  // Calls `found` with each slot of a function that it imports.
  template <class Found>
  void for_each_import(Found&& found) const {
    walk(relocations_, found);
    walk(jump_slots_, found);
  }
  [[nodiscard]] std::string_view soname() const noexcept { return soname_; }
  [[nodiscard]] bool has_search_path() const noexcept { return has_search_path_; }
  [[nodiscard]] bool needs(std::string_view library) const noexcept;

 private:
  struct Table {
    const ElfW(Rela) * first = nullptr;
    std::size_t count = 0;
  };

  void read_dynamic(const ElfW(Dyn) * dynamic) noexcept;
  void read_headers(const ElfW(Phdr) * headers, std::size_t count) noexcept;
  template <class T>
  [[nodiscard]] const T* at(ElfW(Addr) address) const noexcept;
  [[nodiscard]] std::string_view text(std::size_t offset) const noexcept;
  [[nodiscard]] std::size_t symbol_count() const noexcept;
  [[nodiscard]] std::string_view library_of(std::size_t symbol) const noexcept;
  [[nodiscard]] static bool is_address(unsigned type, ElfW(Sxword) addend) noexcept;

  template <class Found>
  void walk(const Table& table, Found& found) const {
    for (std::size_t i = 0; i < table.count; ++i) {
      const ElfW(Rela)& one = table.first[i];
      const std::size_t symbol = symbol_of(one);
      if (symbol == 0 || !is_address(type_of(one), one.r_addend)) continue;
      if (symbols_[symbol].st_shndx != SHN_UNDEF) continue;
      // NOLINTNEXTLINE(performance-no-int-to-ptr): the linker's tables hold numbers
      auto** slot = reinterpret_cast<void**>(base_ + one.r_offset);
      if (reinterpret_cast<std::uintptr_t>(slot) % sizeof(void*) != 0) continue;
      found(ImportSlot{slot, text(symbols_[symbol].st_name), library_of(symbol)});
    }
  }
  [[nodiscard]] static std::size_t symbol_of(const ElfW(Rela) & one) noexcept { return one.r_info >> 32; }
  [[nodiscard]] static unsigned type_of(const ElfW(Rela) & one) noexcept {
    return static_cast<unsigned>(one.r_info & 0xffffffff);
  }

  static constexpr std::size_t most_segments = 16;

  ElfW(Addr) base_ = 0;
  MemoryRange range_;
  MemoryRange relro_;
  MemoryRange writable_[most_segments];
  std::size_t writable_count_ = 0;
  MemoryRange constant_[most_segments];
  std::size_t constant_count_ = 0;
  const ElfW(Sym) * symbols_ = nullptr;
  const char* strings_ = nullptr;
  std::size_t strings_size_ = 0;
  Table relocations_;
  Table jump_slots_;
  const std::uint32_t* gnu_hash_ = nullptr;
  const std::uint32_t* hash_ = nullptr;
  const std::uint16_t* versions_ = nullptr;
  const ElfW(Verneed) * needed_versions_ = nullptr;
  std::size_t needed_version_count_ = 0;
  const ElfW(Dyn) * dynamic_ = nullptr;
  std::string_view soname_;
  bool has_search_path_ = false;
};

}  // namespace llmtrace::instrument
