// The hardware clock of a lab machine, preloaded into every one of its processes by /etc/ld.so.preload.
//
// A machine's wall clock is the real one plus the signed nanoseconds in /etc/lab/clock (eight bytes, native order); the control
// machine, which has no disk of its own, names another file in LAB_CLOCK. The file is mapped once per process, so a change is seen by all running processes at once. Setting the clock (`date -s`,
// `net time set`) writes that file and nothing else: CAP_SYS_TIME is dropped in the machines, so the real clock cannot
// be reached.
//
// Monotonic clocks are left alone. Calls that wait for an absolute wall time get it translated, or they would hang for
// as long as the clock is off. Kernel time stamps on packets are refused, because the kernel would stamp with the real
// clock.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

static const char kClockFile[] = "/etc/lab/clock";
static const int64_t kSecond = 1000000000;
// An absolute time below this is a monotonic one (30 years of uptime); above it is a wall time.
static const time_t kLeastWallTime = 946684800;

static const int64_t kNoOffset = 0;
static const volatile int64_t* clock_offset;

static int64_t offset(void) {
  if (clock_offset == NULL) {
    const int saved = errno;
    void* page = MAP_FAILED;
    const char* named = getenv("LAB_CLOCK");
    const int fd = (int)syscall(SYS_openat, AT_FDCWD, named != NULL ? named : kClockFile, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
      page = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
      close(fd);
    }
    clock_offset = page == MAP_FAILED ? &kNoOffset : page;
    errno = saved;
  }
  return *clock_offset;
}

// Mapped before main: a process may enter a sandbox in which files cannot be opened.
__attribute__((constructor)) static void map_clock(void) {
  offset();
}

static struct timespec shifted(struct timespec t, int64_t by) {
  const int64_t whole = by / kSecond;
  t.tv_sec += whole;
  t.tv_nsec += by - whole * kSecond;
  if (t.tv_nsec >= kSecond) {
    t.tv_nsec -= kSecond;
    t.tv_sec += 1;
  } else if (t.tv_nsec < 0) {
    t.tv_nsec += kSecond;
    t.tv_sec -= 1;
  }
  return t;
}

static int is_wall(clockid_t clock) {
  return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI ||
         clock == CLOCK_REALTIME_ALARM;
}

// ---- reading

int clock_gettime(clockid_t clock, struct timespec* out) {
  const int rc = (int)syscall(SYS_clock_gettime, clock, out);
  if (rc == 0 && is_wall(clock)) {
    *out = shifted(*out, offset());
  }
  return rc;
}

int gettimeofday(struct timeval* restrict out, void* restrict zone) {
  (void)zone;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* out) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != NULL) {
    *out = now.tv_sec;
  }
  return now.tv_sec;
}

int timespec_get(struct timespec* out, int base) {
  if (base != TIME_UTC) {
    return 0;
  }
  clock_gettime(CLOCK_REALTIME, out);
  return base;
}

// ---- setting

int clock_settime(clockid_t clock, const struct timespec* to) {
  if (clock != CLOCK_REALTIME) {
    errno = EINVAL;
    return -1;
  }
  struct timespec real;
  syscall(SYS_clock_gettime, CLOCK_REALTIME, &real);
  const int64_t by = (to->tv_sec - real.tv_sec) * kSecond + (to->tv_nsec - real.tv_nsec);
  const int fd = (int)syscall(SYS_openat, AT_FDCWD, kClockFile, O_WRONLY | O_CLOEXEC);
  if (fd < 0) {
    errno = EPERM;
    return -1;
  }
  const int rc = write(fd, &by, sizeof by) == (ssize_t)sizeof by ? 0 : -1;
  close(fd);
  return rc;
}

int settimeofday(const struct timeval* to, const struct timezone* zone) {
  (void)zone;
  if (to == NULL) {
    return 0;
  }
  const struct timespec exact = {to->tv_sec, to->tv_usec * 1000};
  return clock_settime(CLOCK_REALTIME, &exact);
}

// There is no frequency to steer: a daemon that wants to slew is told that it may not, as in a container.
int adjtime(const struct timeval* by, struct timeval* left) {
  if (by != NULL) {
    errno = EPERM;
    return -1;
  }
  if (left != NULL) {
    left->tv_sec = 0;
    left->tv_usec = 0;
  }
  return 0;
}

// ---- waiting until a wall time

static const struct timespec* real_time(const struct timespec* at, struct timespec* space) {
  if (at == NULL || at->tv_sec < kLeastWallTime) {
    return at;
  }
  *space = shifted(*at, -offset());
  return space;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec* at, struct timespec* left) {
  struct timespec space;
  const struct timespec* until = (flags & TIMER_ABSTIME) && is_wall(clock) ? real_time(at, &space) : at;
  return syscall(SYS_clock_nanosleep, clock, flags, until, left) == 0 ? 0 : errno;
}

int timerfd_settime(int fd, int flags, const struct itimerspec* next, struct itimerspec* before) {
  struct itimerspec moved = *next;
  struct timespec space;
  if ((flags & TFD_TIMER_ABSTIME) && (next->it_value.tv_sec != 0 || next->it_value.tv_nsec != 0)) {
    moved.it_value = *real_time(&next->it_value, &space);
  }
  return (int)syscall(SYS_timerfd_settime, fd, flags, &moved, before);
}

int pthread_cond_timedwait(pthread_cond_t* restrict cond, pthread_mutex_t* restrict mutex,
                           const struct timespec* restrict at) {
  typedef int (*Wait)(pthread_cond_t*, pthread_mutex_t*, const struct timespec*);
  static Wait next;
  if (next == NULL) {
    next = (Wait)dlsym(RTLD_NEXT, "pthread_cond_timedwait");
  }
  struct timespec space;
  return next(cond, mutex, real_time(at, &space));
}

int sem_timedwait(sem_t* restrict sem, const struct timespec* restrict at) {
  typedef int (*Wait)(sem_t*, const struct timespec*);
  static Wait next;
  if (next == NULL) {
    next = (Wait)dlsym(RTLD_NEXT, "sem_timedwait");
  }
  struct timespec space;
  return next(sem, real_time(at, &space));
}

// ---- packets

int setsockopt(int fd, int level, int name, const void* value, socklen_t size) {
  if (level == SOL_SOCKET && (name == SO_TIMESTAMP || name == SO_TIMESTAMPNS || name == SO_TIMESTAMPING)) {
    errno = ENOPROTOOPT;
    return -1;
  }
  return (int)syscall(SYS_setsockopt, fd, level, name, value, size);
}
