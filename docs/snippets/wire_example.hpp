#pragma once

#include <string>

// What the example calls; whoever links it says how long they take.
std::string call_model(const std::string& prompt);
bool call_tool(int order);

void record_wire_example();
