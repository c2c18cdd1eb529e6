// Statically linked: there is no loader that would load anything in front of it.
#include <cstdio>

int main() { std::puts("untouched"); }
