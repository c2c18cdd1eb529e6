// What a plugin offers the host: to start tracing, and to open a span around a call back into the host.
#pragma once

struct PluginIds {
  char trace[33];
  char span[17];
};

extern "C" {
using PluginStart = bool (*)();
using PluginStop = void (*)();
using PluginSpan = void (*)(const char* name, PluginIds* ids, void (*inside)(void*), void* argument);
}
