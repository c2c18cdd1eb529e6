// Patches its own slots, each kind of them, and takes it back. Knows nothing of a test framework, so that it
// also runs where there is only an emulator. Says what went wrong and ends with 1.
#include "instrument/loaded_modules.hpp"
#include "instrument/slot_patch.hpp"

#include <cstdio>
#include <string>

extern "C" {
int imported_by_call();
int imported_by_address();
int imported_in_a_table();
}

namespace {

using namespace llmtrace::instrument;

using Function = int (*)();
Function table[] = {&imported_in_a_table};
Function volatile* const seen_by_nobody = table;

int ours() { return 42; }

int failures = 0;
void expect(bool is_so, const char* what) {
  if (is_so) return;
  std::printf("failed: %s\n", what);
  ++failures;
}

int by_call() { return imported_by_call(); }
int by_address() {
  Function volatile function = &imported_by_address;
  return function();
}
int in_table() { return seen_by_nobody[0](); }

const ElfImage* image_with(const std::vector<LoadedModule>& modules, const std::string& name) {
  for (const LoadedModule& module : modules)
    if (module.path.find(name) != std::string::npos) return &module.image;
  return nullptr;
}

const ElfImage* program(const std::vector<LoadedModule>& modules) {
  for (const LoadedModule& module : modules)
    if (module.path.empty()) return &module.image;
  return nullptr;
}

// The slots of functions whose names begin so; each is led to `to`, or to what the library exports.
int lead(const ElfImage& importing, const ElfImage& exporting, Function to) {
  int led = 0;
  importing.for_each_import([&](const ImportSlot& slot) {
    if (!slot.name.starts_with("imported_")) return;
    void* address = to != nullptr ? reinterpret_cast<void*>(to) : exporting.find_export(slot.name);
    expect(address != nullptr, "the library's own table names what it exports");
    if (write_slot(importing, slot.at, address)) ++led;
    expect(read_slot(slot.at) == address, "the slot holds what was written");
  });
  return led;
}

}  // namespace

int main() {
  const std::vector<LoadedModule> modules = loaded_modules();
  const ElfImage* importing = program(modules);
  const ElfImage* exporting = image_with(modules, "slot_numbers");
  expect(importing != nullptr && exporting != nullptr, "both modules are found");
  if (failures != 0) return 1;
  expect(exporting->soname().find("slot_numbers") != std::string_view::npos, "the library says its name");
  expect(by_call() == 1, "before");

  expect(lead(*importing, *exporting, &ours) >= 3, "each kind of slot is found");
  expect(by_call() == 42, "a call");
  expect(by_address() == 42, "an address");
  expect(in_table() == 42, "a table");

  lead(*importing, *exporting, nullptr);
  expect(by_call() == 1 && by_address() == 2 && in_table() == 3, "all is as it was");
  std::puts(failures == 0 ? "fine" : "not fine");
  return failures == 0 ? 0 : 1;
}
