// The memory of one SSH session: counted and capped, zeroed when given and wiped when taken back, and all of it freed
// at the end. libssh2 1.10 queues without bound what a server floods, believes lengths of the server, hands out fields
// that it never filled, and leaks on some refused handshakes.
#pragma once

#include <cstddef>

namespace unjam::actions {

inline constexpr std::size_t kMaxSessionMemory = 96u << 20;

class SessionMemory {
 public:
  SessionMemory();
  ~SessionMemory();  // frees what is left
  SessionMemory(const SessionMemory&) = delete;
  SessionMemory& operator=(const SessionMemory&) = delete;

  void* take(std::size_t bytes);                     // null over the cap or without memory
  void* take_again(void* block, std::size_t bytes);  // as realloc
  void give_back(void* block);                       // null is allowed

  std::size_t used() const { return used_; }

 private:
  struct Block {
    Block* next;
    Block* previous;
    std::size_t bytes;
    std::size_t pad;  // keeps what follows aligned to 16
  };

  Block ring_;
  std::size_t used_ = 0;
};

}  // namespace unjam::actions
