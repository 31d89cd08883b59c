#include "tests/support/sshd.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace unjam::testing_support {
namespace {

constexpr int kTries = 5;             // free_port() may lose its port to somebody else
constexpr int kStartMillis = 20'000;  // a loaded machine
constexpr int kPollMillis = 10;

pid_t spawn(const std::vector<std::string>& argv, int out_fd) {
  std::vector<char*> raw;
  for (const std::string& arg : argv) raw.push_back(const_cast<char*>(arg.c_str()));
  raw.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (out_fd >= 0) ::dup2(out_fd, STDOUT_FILENO);
  ::execv(raw[0], raw.data());
  ::_exit(127);
}

bool accepts(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool ok = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return ok;
}

}  // namespace

TempDir::TempDir() {
  std::string pattern = (std::filesystem::temp_directory_path() / "unjam-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) std::perror("mkdtemp");
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void write_file(const std::string& path, const std::string& text, unsigned mode) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  ::chmod(path.c_str(), mode);
}

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

bool exists(const std::string& path) {
  return std::filesystem::exists(path);
}

std::string output_of(const std::vector<std::string>& argv) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return "failed: pipe";
  const pid_t pid = spawn(argv, ends[1]);
  ::close(ends[1]);
  std::string text;
  std::array<char, 4096> piece{};
  ssize_t got = 0;
  while ((got = ::read(ends[0], piece.data(), piece.size())) > 0)
    text.append(piece.data(), static_cast<std::size_t>(got));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (status != 0) return "failed: " + argv[0] + ": " + text;
  return text;
}

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ::bind(fd, reinterpret_cast<const sockaddr*>(&address), length);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  ::close(fd);
  return ntohs(address.sin_port);
}

bool Sshd::launch(const std::vector<std::string>& extra, const std::vector<std::string>& wrapper) {
  port_ = free_port();
  std::ostringstream config;
  for (const std::string& line : extra) config << line << "\n";  // first: the first value of a keyword counts
  config << "Port " << port_ << "\nListenAddress 127.0.0.1\nHostKey " << dir_.file("host") << "\nAuthorizedKeysFile "
         << dir_.file("authorized_keys")
         << "\nPidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
            "PermitRootLogin yes\nMaxStartups 300\nMaxSessions 100\nUseDNS no\nPrintMotd no\nLogLevel VERBOSE\n"
            // bash reads ~/.bashrc for commands of sshd unless it seems to be a nested shell: not the user's to decide
            // here
            "SetEnv SHLVL=1\n";
  write_file(dir_.file("sshd_config"), config.str());
  std::vector<std::string> argv = wrapper;
  argv.insert(argv.end(), {"/usr/sbin/sshd", "-D", "-f", dir_.file("sshd_config"), "-E", dir_.file("log")});
  pid_ = spawn(argv, -1);
  for (int waited = 0; waited < kStartMillis; waited += kPollMillis) {
    if (accepts(port_)) return true;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) break;
    ::poll(nullptr, 0, kPollMillis);
  }
  pid_ = -1;
  return false;
}

bool Sshd::prepare(std::string& why) {
  if (const passwd* me = ::getpwuid(::geteuid())) user_ = me->pw_name;
  if (::geteuid() == 0) ::mkdir("/run/sshd", 0755);  // a package's service makes it, a bare machine has none
  for (const char* name : {"host", "client"}) {
    why = output_of({"/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", dir_.file(name)});
    if (!why.empty()) return false;
  }
  write_file(dir_.file("authorized_keys"), read_file(dir_.file("client.pub")));
  ::chmod(dir_.path().c_str(), 0755);
  return true;
}

std::unique_ptr<Sshd> Sshd::start(std::string& why, const std::vector<std::string>& extra) {
  std::unique_ptr<Sshd> sshd(new Sshd);
  if (!sshd->prepare(why)) return nullptr;
  for (int i = 0; i < kTries; ++i) {
    if (sshd->launch(extra)) return sshd;
  }
  why = sshd->log();
  return nullptr;
}

std::unique_ptr<Sshd> Sshd::start_with_password(std::string& why, const std::string& password, bool by_pam) {
  std::unique_ptr<Sshd> sshd(new Sshd);
  if (!sshd->prepare(why)) return nullptr;
  std::string hash = output_of({"/usr/bin/openssl", "passwd", "-6", password});
  hash.erase(hash.find_last_not_of('\n') + 1);
  write_file(sshd->dir_.file("shadow"), sshd->user_ + ":" + hash + ":19000:0:99999:7:::\n");
  write_file(sshd->dir_.file("pam"),
             "auth required pam_unix.so\naccount required pam_permit.so\nsession required pam_permit.so\n", 0644);
  const std::string mounts = "mount --bind '" + sshd->dir_.file("shadow") + "' /etc/shadow && mount --bind '" +
                             sshd->dir_.file("pam") + "' /etc/pam.d/sshd && exec \"$@\"";
  const std::vector<std::string> wrapper{"/usr/bin/unshare", "-m", "--propagation", "private",
                                         "/bin/sh",          "-c", mounts,          "sh"};
  const std::vector<std::string> config =
      by_pam ? std::vector<std::string>{"UsePAM yes", "KbdInteractiveAuthentication yes", "PubkeyAuthentication no"}
             : std::vector<std::string>{"PasswordAuthentication yes", "PubkeyAuthentication no"};
  for (int i = 0; i < kTries; ++i) {
    if (sshd->launch(config, wrapper)) return sshd;
  }
  why = sshd->log();
  return nullptr;
}

Sshd::~Sshd() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
}

std::string Sshd::log() const {
  return read_file(dir_.file("log"));
}

std::string Sshd::host_key_text() const {
  const std::string line = read_file(host_key());
  return line.substr(0, line.rfind(' '));
}

std::string Sshd::known_hosts(const std::vector<std::uint16_t>& ports) const {
  std::ostringstream text;
  for (const std::uint16_t port : ports) text << "[127.0.0.1]:" << port << " " << host_key_text() << "\n";
  std::string path = dir_.file("known_hosts_" + std::to_string(ports.empty() ? 0 : ports.front()));
  write_file(path, text.str());
  return path;
}

}  // namespace unjam::testing_support
