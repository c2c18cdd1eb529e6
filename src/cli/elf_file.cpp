#include "cli/elf_file.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>

namespace llmtrace::cli {
namespace {

constexpr std::uint64_t most_note_bytes = 64 * 1024;
constexpr std::uint64_t most_path_bytes = 4096;

bool read_at(std::istream& file, std::uint64_t offset, void* into, std::size_t size) {
  file.clear();
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(static_cast<char*>(into), static_cast<std::streamsize>(size));
  return file.gcount() == static_cast<std::streamsize>(size);
}

std::string text_at(std::istream& file, std::uint64_t offset, std::uint64_t size) {
  std::string text(static_cast<std::size_t>(size), '\0');
  return read_at(file, offset, text.data(), text.size()) ? text : std::string{};
}

// A note's name begins behind its three sizes; Go's linker signs with this one.
bool has_go_note(const std::string& notes) {
  constexpr std::size_t sizes = 3 * sizeof(std::uint32_t);
  return notes.size() > sizes + 4 && std::memcmp(notes.data() + sizes, "Go\0\0", 4) == 0;
}

}  // namespace

std::optional<ElfFile> ElfFile::read(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  unsigned char identity[EI_NIDENT];
  if (!read_at(file, 0, identity, sizeof identity)) return std::nullopt;
  if (std::memcmp(identity, ELFMAG, SELFMAG) != 0) return std::nullopt;

  ElfFile read;
  read.class_ = identity[EI_CLASS];
  read.data_ = identity[EI_DATA];
  // The machine lies in the same place in files of either class; those of another are not looked into.
  if (!read_at(file, offsetof(Elf64_Ehdr, e_machine), &read.machine_, sizeof read.machine_))
    return std::nullopt;
  Elf64_Ehdr header{};
  if (read.class_ != ELFCLASS64) return read;
  if (!read_at(file, 0, &header, sizeof header) || !read.read_segments(file, header)) return std::nullopt;
  return read;
}

bool ElfFile::read_segments(std::istream& file, const Elf64_Ehdr& header) {
  for (std::uint16_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    const std::uint64_t offset = header.e_phoff + std::uint64_t{i} * header.e_phentsize;
    if (!read_at(file, offset, &segment, sizeof segment)) return false;
    read_segment(file, segment);
  }
  return true;
}

void ElfFile::read_segment(std::istream& file, const Elf64_Phdr& segment) {
  if (segment.p_type == PT_INTERP && segment.p_filesz <= most_path_bytes) {
    loader_ = text_at(file, segment.p_offset, segment.p_filesz);
    loader_.erase(std::min(loader_.find('\0'), loader_.size()));
  }
  if (segment.p_type == PT_NOTE && segment.p_filesz <= most_note_bytes)
    is_go_ = is_go_ || has_go_note(text_at(file, segment.p_offset, segment.p_filesz));
}

}  // namespace llmtrace::cli
