// What the program imports.
extern "C" {
int imported_by_call() { return 1; }
int imported_by_address() { return 2; }
int imported_in_a_table() { return 3; }
}
