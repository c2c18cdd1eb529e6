// What a plugin that contains the library offers to the program which loads it.
#pragma once

extern "C" {
using StartPlugin = bool (*)(const char* url);
using TraceInPlugin = void (*)(int first, int count);
using StopPlugin = bool (*)(int milliseconds);
using StartStuckPlugin = bool (*)();
using ReleaseStuckPlugin = void (*)();
using StartedInPlugin = long (*)();
using PrintPluginsBooks = bool (*)();
}
