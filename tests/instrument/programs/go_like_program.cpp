// Carries the note by which Go's linker signs, and is a plain program otherwise.
#include <cstdio>
#include <cstdlib>

__asm__(
    ".pushsection .note.go.buildid,\"a\",%note\n"
    ".long 4, 4, 4\n"
    ".ascii \"Go\\0\\0\"\n"
    ".ascii \"id\\0\\0\"\n"
    ".popsection\n");

int main() { std::puts(std::getenv("LD_PRELOAD") != nullptr ? "preloaded" : "untouched"); }
