// Has no libcurl until it loads a module that does: plugin_host PLUGIN URL BODY
#include <cstdio>
#include <dlfcn.h>
#include <string>

int main(int count, char** arguments) {
  if (count != 4) return 2;
  void* plugin = ::dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
  if (plugin == nullptr) return std::fputs(::dlerror(), stderr), 1;
  using Call = void (*)(const char*, const char*, std::string*);
  const auto call = reinterpret_cast<Call>(::dlsym(plugin, "plugin_call"));
  std::string answer;
  call(arguments[2], arguments[3], &answer);
  std::puts(answer.c_str());
  ::dlclose(plugin);
  return 0;
}
