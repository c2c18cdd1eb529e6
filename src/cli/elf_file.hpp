// The few facts of an ELF file that say whether a library can be loaded into it.
#pragma once

#include <elf.h>
#include <optional>
#include <string>

namespace llmtrace::cli {

class ElfFile {
 public:
  // Nothing when it is no ELF file or is broken.
  [[nodiscard]] static std::optional<ElfFile> read(const std::string& path);

  [[nodiscard]] bool same_machine(const ElfFile& other) const noexcept {
    return class_ == other.class_ && data_ == other.data_ && machine_ == other.machine_;
  }
  [[nodiscard]] const std::string& loader() const noexcept { return loader_; }  // empty: statically linked
  [[nodiscard]] bool is_go() const noexcept { return is_go_; }

 private:
  [[nodiscard]] bool read_segments(std::istream& file, const Elf64_Ehdr& header);
  void read_segment(std::istream& file, const Elf64_Phdr& segment);

  unsigned char class_ = ELFCLASSNONE;
  unsigned char data_ = ELFDATANONE;
  std::uint16_t machine_ = EM_NONE;
  std::string loader_;
  bool is_go_ = false;
};

}  // namespace llmtrace::cli
