// powershell.exe and Windows's own commands of a test host, by the name that it is called by: hands its words and its input to the resident
// `winhost serve` of this host and logon, prints what comes back, and ends with the script's exit code. The first call starts that server.
//
// Where the server listens is an abstract socket: it is of the host's own network namespace, and gone with the server when the host goes down.
// Who could bind it starts the server and hands it over; others wait in its queue.
//
//   to the server:   uint32 count, then for each word: uint32 length, bytes. Input: uint32 length, bytes; length 0: its end.
//   from the server: uint8 where (1 output, 2 errors, 0 the end), uint32 length, bytes; the end has an int32, the exit code.
//
// A call that the server did not end (it died, or was killed) ends with 70 and says so: nobody knows how far the script came.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { kLost = 70, kPart = 65536, kWaiting = 128 };

static void lost(const char* what) {
  fprintf(stderr, "the lab's resident PowerShell: %s (%s)\n", what, strerror(errno));
  exit(kLost);
}

static int give(int fd, const void* data, size_t size) {
  for (const char* at = data; size > 0;) {
    const ssize_t now = write(fd, at, size);
    if (now < 0 && errno == EINTR) continue;
    if (now <= 0) return 0;
    at += now;
    size -= (size_t)now;
  }
  return 1;
}
static void write_all(int fd, const void* data, size_t size) {
  if (!give(fd, data, size)) lost("it takes nothing");
}
static void read_all(int fd, void* data, size_t size) {
  for (char* at = data; size > 0;) {
    const ssize_t now = read(fd, at, size);
    if (now < 0 && errno == EINTR) continue;
    if (now <= 0) lost("it is gone before the script's end");
    at += now;
    size -= (size_t)now;
  }
}
static void send_text(int fd, const char* text) {
  const uint32_t size = (uint32_t)strlen(text);
  write_all(fd, &size, sizeof size);
  write_all(fd, text, size);
}

// How this session got in, which is all that differs between the environments of a host's calls: a server for each.
static const char* logon(void) {
  const char* said = getenv("UNJAM_LAB_LOGON");
  if (said != NULL) return said;
  const char* name = getenv("SSH_USER_AUTH");
  FILE* file = name == NULL ? NULL : fopen(name, "r");
  if (file == NULL) return "console";
  char line[256];
  const char* found = "password";
  while (fgets(line, sizeof line, file) != NULL) {
    if (strstr(line, "publickey") != NULL) found = "key";
  }
  fclose(file);
  return found;
}

static void become_server(int listener) {
  const int null = open("/dev/null", O_RDWR);
  char log[4096];
  snprintf(log, sizeof log, "%s/%s/serve.log", getenv("UNJAM_LAB"), getenv("UNJAM_LAB_HOST"));
  const int errors = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(null, 0);
  dup2(null, 1);
  dup2(errors < 0 ? null : errors, 2);
  dup2(listener, 3);
  fcntl(3, F_SETFD, 0);  // even if it was 3 already
  close_range(4, ~0U, 0);  // whoever waits for the end of the caller's output must not wait for this one
  setsid();
  setenv("DOTNET_TC_CallCounting", "0", 1);  // compiling anew what is called often costs more than it saves in a life of minutes
  execl(WINHOST, WINHOST, "serve", (char*)NULL);
  _exit(127);
}

static int server(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const char* who = logon();
  const int length = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "unjam-winhost-%s", who);
  const socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
  for (int tries = 0; tries < 10; ++tries) {
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr*)&address, size) == 0) return fd;
    if (errno != ECONNREFUSED) lost("it cannot be called");
    if (bind(fd, (struct sockaddr*)&address, size) == 0) {
      if (listen(fd, kWaiting) != 0) lost("it cannot listen");
      setenv("UNJAM_LAB_LOGON", who, 1);
      const pid_t child = fork();
      if (child < 0) lost("it cannot be started");
      if (child == 0) become_server(fd);
    } else {
      usleep(10000);  // between the other's bind and listen
    }
    close(fd);
  }
  lost("it cannot be called");
  return -1;
}

int main(int count, char** words) {
  signal(SIGPIPE, SIG_IGN);
  const char* slash = strrchr(words[0], '/');
  char* name = strdup(slash == NULL ? words[0] : slash + 1);
  name[strcspn(name, ".")] = '\0';
  const int shell = strcmp(name, "powershell") == 0;
  const int fd = server();
  const uint32_t total = (uint32_t)(count - 1 + (shell ? 1 : 2));
  write_all(fd, &total, sizeof total);
  if (!shell) send_text(fd, "tool");
  send_text(fd, name);
  for (int i = 1; i < count; ++i) send_text(fd, words[i]);
  static char part[kPart];
  struct pollfd wanted[2] = {{fd, POLLIN, 0}, {0, POLLIN, 0}};
  for (;;) {
    if (poll(wanted, 2, -1) < 0 && errno != EINTR) lost("poll");
    if (wanted[1].revents != 0) {
      const ssize_t got = read(0, part, sizeof part);
      const uint32_t size = got > 0 ? (uint32_t)got : 0;
      // A script may end without having read its input: what it said is still to be read.
      if (!give(fd, &size, sizeof size) || !give(fd, part, size) || size == 0) wanted[1].fd = -1;
    }
    if (wanted[0].revents == 0) continue;
    uint8_t where;
    uint32_t left;
    read_all(fd, &where, sizeof where);
    read_all(fd, &left, sizeof left);
    if (where == 0) {
      int32_t code;
      read_all(fd, &code, sizeof code);
      return (int)code & 0xff;
    }
    while (left > 0) {
      const size_t now = left < kPart ? left : kPart;
      read_all(fd, part, now);
      write_all(where == 2 ? 2 : 1, part, now);
      left -= (uint32_t)now;
    }
  }
}
