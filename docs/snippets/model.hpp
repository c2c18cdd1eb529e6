// Stands for the client of a model service in the samples of the documentation.
#pragma once

#include <string>
#include <vector>

struct Reply {
  std::string text;
  struct {
    int prompt_tokens;
    int completion_tokens;
  } usage;
};

struct Model {
  Reply chat(const std::string& prompt) { return {"an answer to: " + prompt, {120, 48}}; }
};

inline Model model;
inline const std::string prompt = "Where is my parcel?";

inline std::vector<std::string> vector_search(const std::string& query) {
  return {query + " 1", query + " 2"};
}
