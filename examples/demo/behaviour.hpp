// How an answer is given: the first words of a path ask for something other than the plain way.
//
//   /slow/…         50 ms before each piece; /slow/N/… makes it N ms
//   /gzip/…         compressed where the client asks for it; /always-gzip/… asked or not
//   /429/…          refused, and answered when it comes again; in turn
//   /401/…          refused until there is an Authorization
//   /500/…          an error
//   /redirect/…     307 to the path without that word
//   /continue/…     "100 Continue" before the answer, asked or not
//   /early-close/…  the connection ends in the middle of the answer
//   /hang/…         the first half of the answer, and nothing more
//
// They may follow each other: /slow/gzip/v1/chat/completions.
#pragma once

#include <chrono>
#include <string>

namespace fake_provider {

struct Behaviour {
  std::chrono::milliseconds delay{0};
  bool gzip = false;
  bool always_gzip = false;
  bool refuse_every_other = false;
  bool ask_for_authorization = false;
  bool fail = false;
  bool redirect = false;
  bool send_continue = false;
  bool close_early = false;
  bool hang = false;
};

struct Asked {
  Behaviour behaviour;
  std::string path;  // what is left of it
};

[[nodiscard]] Asked behaviour_of(const std::string& path);

}  // namespace fake_provider
