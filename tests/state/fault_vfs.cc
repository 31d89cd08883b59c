#include "tests/state/fault_vfs.h"

#include <sqlite3.h>

#include <new>

namespace unjam::state {
namespace {

struct Disk {
  std::optional<DiskFault> fault;
  std::int64_t calls = 0;
  bool failed = false;
};
Disk disk;  // what SQLite calls has no room for a pointer of ours

// The error to give instead of doing it, or SQLITE_OK.
int verdict(DiskCall call) {
  if (!disk.fault || disk.fault->call != call) return SQLITE_OK;
  ++disk.calls;
  const bool now = disk.calls == disk.fault->at || (disk.fault->for_ever && disk.calls > disk.fault->at);
  if (!now) return SQLITE_OK;
  disk.failed = true;
  if (disk.fault->full) return SQLITE_FULL;
  return call == DiskCall::write ? SQLITE_IOERR_WRITE : SQLITE_IOERR_FSYNC;
}

struct FaultFile {
  sqlite3_file base;
  sqlite3_file* real;
};
sqlite3_file* real_of(sqlite3_file* file) {
  return reinterpret_cast<FaultFile*>(file)->real;
}

int close_file(sqlite3_file* file) {
  sqlite3_file* real = real_of(file);
  const int code = real->pMethods != nullptr ? real->pMethods->xClose(real) : SQLITE_OK;
  sqlite3_free(real);
  return code;
}
int read_file(sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
  return real_of(f)->pMethods->xRead(real_of(f), to, size, at);
}
int write_file(sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
  const int code = verdict(DiskCall::write);
  if (code == SQLITE_OK) return real_of(f)->pMethods->xWrite(real_of(f), from, size, at);
  if (disk.fault->half) real_of(f)->pMethods->xWrite(real_of(f), from, size / 2, at);
  return code;
}
int truncate_file(sqlite3_file* f, sqlite3_int64 size) {
  return real_of(f)->pMethods->xTruncate(real_of(f), size);
}
int sync_file(sqlite3_file* f, int flags) {
  const int code = verdict(DiskCall::sync);
  return code == SQLITE_OK ? real_of(f)->pMethods->xSync(real_of(f), flags) : code;
}
int size_of_file(sqlite3_file* f, sqlite3_int64* size) {
  return real_of(f)->pMethods->xFileSize(real_of(f), size);
}
int lock_file(sqlite3_file* f, int level) {
  return real_of(f)->pMethods->xLock(real_of(f), level);
}
int unlock_file(sqlite3_file* f, int level) {
  return real_of(f)->pMethods->xUnlock(real_of(f), level);
}
int reserved(sqlite3_file* f, int* out) {
  return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}
int control(sqlite3_file* f, int op, void* arg) {
  return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}
int sector(sqlite3_file* f) {
  return real_of(f)->pMethods->xSectorSize(real_of(f));
}
int traits(sqlite3_file* f) {
  return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}
int shm_map(sqlite3_file* f, int page, int size, int extend, void volatile** out) {
  return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, out);
}
int shm_lock(sqlite3_file* f, int at, int n, int flags) {
  return real_of(f)->pMethods->xShmLock(real_of(f), at, n, flags);
}
void shm_barrier(sqlite3_file* f) {
  real_of(f)->pMethods->xShmBarrier(real_of(f));
}
int shm_unmap(sqlite3_file* f, int remove) {
  return real_of(f)->pMethods->xShmUnmap(real_of(f), remove);
}

const sqlite3_io_methods kMethods = {2,           close_file,   read_file, write_file,  truncate_file,
                                     sync_file,   size_of_file, lock_file, unlock_file, reserved,
                                     control,     sector,       traits,    shm_map,     shm_lock,
                                     shm_barrier, shm_unmap,    nullptr,   nullptr};

sqlite3_vfs* real_vfs() {
  return sqlite3_vfs_find("unix");
}

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  auto* fault = new (file) FaultFile{};
  fault->real = static_cast<sqlite3_file*>(sqlite3_malloc(real_vfs()->szOsFile));
  const int code = real_vfs()->xOpen(real_vfs(), name, fault->real, flags, out_flags);
  if (code == SQLITE_OK) {
    fault->base.pMethods = &kMethods;
  } else {
    sqlite3_free(fault->real);
  }
  return code;
}

}  // namespace

void register_fault_vfs() {
  if (sqlite3_vfs_find(kFaultVfs) != nullptr) return;
  static sqlite3_vfs vfs = *real_vfs();
  vfs.zName = kFaultVfs;
  vfs.szOsFile = sizeof(FaultFile);
  vfs.xOpen = open_file;
  vfs.pNext = nullptr;
  sqlite3_vfs_register(&vfs, 0);
}

void arm(DiskFault fault) {
  disk = {.fault = fault};
}
void disarm() {
  disk = {};
}
std::int64_t calls_since_armed() {
  return disk.calls;
}
bool has_failed() {
  return disk.failed;
}

}  // namespace unjam::state
