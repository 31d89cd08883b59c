#include "actions/session_memory.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace unjam::actions {

SessionMemory::SessionMemory() : ring_{&ring_, &ring_, 0, 0} {}

SessionMemory::~SessionMemory() {
  while (ring_.next != &ring_) give_back(ring_.next + 1);
}

void* SessionMemory::take(std::size_t bytes) {
  if (bytes > kMaxSessionMemory || used_ + bytes + sizeof(Block) > kMaxSessionMemory) return nullptr;
  auto* block = static_cast<Block*>(std::calloc(1, sizeof(Block) + bytes));
  if (block == nullptr) return nullptr;
  block->bytes = bytes;
  block->next = ring_.next;
  block->previous = &ring_;
  ring_.next->previous = block;
  ring_.next = block;
  used_ += bytes + sizeof(Block);
  return block + 1;
}

void* SessionMemory::take_again(void* old, std::size_t bytes) {
  if (old == nullptr) return take(bytes);
  void* fresh = take(bytes);
  if (fresh == nullptr) return nullptr;
  std::memcpy(fresh, old, std::min(bytes, (static_cast<Block*>(old) - 1)->bytes));
  give_back(old);
  return fresh;
}

void SessionMemory::give_back(void* old) {
  if (old == nullptr) return;
  Block* block = static_cast<Block*>(old) - 1;
  block->previous->next = block->next;
  block->next->previous = block->previous;
  used_ -= block->bytes + sizeof(Block);
  OPENSSL_cleanse(old, block->bytes);
  std::free(block);
}

}  // namespace unjam::actions
