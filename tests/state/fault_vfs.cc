#include "tests/state/fault_vfs.h"

#include <sqlite3.h>

#include <map>
#include <new>
#include <string>

namespace unjam::state {
namespace {

struct Disk {
  std::optional<DiskFault> fault;
  std::optional<PowerCut> cut;
  std::map<std::string, Unsynced> unsynced{};  // by path; kept while a power cut is armed
  bool dark = false;
  std::int64_t calls = 0;
  bool failed = false;
};
Disk disk;  // what SQLite calls has no room for a pointer of ours

// The error to give instead of doing it, or SQLITE_OK.
int verdict(DiskCall call) {
  if (disk.dark) return SQLITE_IOERR;
  if (!disk.fault || disk.fault->call != call) return SQLITE_OK;
  ++disk.calls;
  const bool now = disk.calls == disk.fault->at || (disk.fault->for_ever && disk.calls > disk.fault->at);
  if (!now) return SQLITE_OK;
  disk.failed = true;
  if (call == DiskCall::read) return SQLITE_IOERR_READ;
  if (disk.fault->full) return SQLITE_FULL;
  return call == DiskCall::write ? SQLITE_IOERR_WRITE : SQLITE_IOERR_FSYNC;
}

void cut_power() {
  disk.dark = disk.failed = true;
  for (auto& [path, writes] : disk.unsynced) writes.lose(path, disk.cut->cut, disk.cut->seed);
}

struct FaultFile {
  sqlite3_file base;
  sqlite3_file* real;
  std::string* path;
};
Unsynced* unsynced_of(sqlite3_file* file) {
  const auto* path = reinterpret_cast<FaultFile*>(file)->path;
  return disk.cut && !path->empty() ? &disk.unsynced[*path] : nullptr;
}
sqlite3_file* real_of(sqlite3_file* file) {
  return reinterpret_cast<FaultFile*>(file)->real;
}

int close_file(sqlite3_file* file) {
  sqlite3_file* real = real_of(file);
  const int code = real->pMethods != nullptr ? real->pMethods->xClose(real) : SQLITE_OK;
  sqlite3_free(real);
  delete reinterpret_cast<FaultFile*>(file)->path;
  return code;
}
int read_file(sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
  const int code = verdict(DiskCall::read);
  return code == SQLITE_OK ? real_of(f)->pMethods->xRead(real_of(f), to, size, at) : code;
}
int write_file(sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
  const int code = verdict(DiskCall::write);
  if (auto* unsynced = unsynced_of(f); unsynced != nullptr && code == SQLITE_OK)
    unsynced->before_write(*reinterpret_cast<FaultFile*>(f)->path, static_cast<const char*>(from), size, at);
  if (code == SQLITE_OK) return real_of(f)->pMethods->xWrite(real_of(f), from, size, at);
  if (disk.fault && disk.fault->half) real_of(f)->pMethods->xWrite(real_of(f), from, size / 2, at);
  return code;
}
int truncate_file(sqlite3_file* f, sqlite3_int64 size) {
  if (disk.dark) return SQLITE_IOERR;
  if (auto* unsynced = unsynced_of(f)) unsynced->before_truncate(*reinterpret_cast<FaultFile*>(f)->path, size);
  return real_of(f)->pMethods->xTruncate(real_of(f), size);
}
int sync_file(sqlite3_file* f, int flags) {
  const int code = verdict(DiskCall::sync);
  if (code != SQLITE_OK) return code;
  auto* unsynced = unsynced_of(f);
  if (unsynced == nullptr) return real_of(f)->pMethods->xSync(real_of(f), flags);
  // What a power cut would leave is kept by us: the real disk need not be waited for.
  const bool now = ++disk.calls == disk.cut->at;
  if (!now || disk.cut->after) unsynced->synced();
  if (now) cut_power();
  return now ? SQLITE_IOERR_FSYNC : SQLITE_OK;
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
  fault->path = new std::string(name != nullptr ? name : "");
  fault->real = static_cast<sqlite3_file*>(sqlite3_malloc(real_vfs()->szOsFile));
  const int code = real_vfs()->xOpen(real_vfs(), name, fault->real, flags, out_flags);
  if (code == SQLITE_OK) {
    fault->base.pMethods = &kMethods;
  } else {
    sqlite3_free(fault->real);
    delete fault->path;
  }
  return code;
}

int delete_file(sqlite3_vfs*, const char* name, int sync_directory) {
  if (disk.dark) return SQLITE_IOERR;
  disk.unsynced.erase(name);
  return real_vfs()->xDelete(real_vfs(), name, sync_directory);
}

}  // namespace

void register_fault_vfs() {
  if (sqlite3_vfs_find(kFaultVfs) != nullptr) return;
  static sqlite3_vfs vfs = *real_vfs();
  vfs.zName = kFaultVfs;
  vfs.szOsFile = sizeof(FaultFile);
  vfs.xOpen = open_file;
  vfs.xDelete = delete_file;
  vfs.pNext = nullptr;
  sqlite3_vfs_register(&vfs, 0);
}

void arm(DiskFault fault) {
  disk = {.fault = fault, .cut = {}};
}
void arm(PowerCut cut) {
  disk = {.fault = {}, .cut = cut};
}
void go_dark() {
  disk.dark = true;
}
bool is_dark() {
  return disk.dark;
}
void lose_unsynced(Cut cut, std::uint64_t seed) {
  for (auto& [path, writes] : disk.unsynced) writes.lose(path, cut, seed);
  disk.dark = false;
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
