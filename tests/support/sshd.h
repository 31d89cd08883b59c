// A real sshd for a test: own host key, own configuration, a free port of 127.0.0.1, one authorized key. Runs as root
// and as an ordinary user (who is then the only one that can log in). Everything is in one temporary folder, which goes
// with it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace unjam::testing_support {

// A new folder under the system's temporary one, removed with all that is in it.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

void write_file(const std::string& path, const std::string& text, unsigned mode = 0600);
std::string read_file(const std::string& path);
bool exists(const std::string& path);

// Runs argv to its end; its stdout, or a text that begins with "failed:".
std::string output_of(const std::vector<std::string>& argv);

// A port of 127.0.0.1 that was free a moment ago.
std::uint16_t free_port();

class Sshd {
 public:
  // Null if it could not be started; `why` says what sshd said. `extra` are further lines of sshd_config.
  static std::unique_ptr<Sshd> start(std::string& why, const std::vector<std::string>& extra = {});

  // The same with a password for the user, in a mount namespace where only this sshd sees it: needs root. sshd asks for
  // it as `password` or, by PAM, as `keyboard-interactive`.
  static std::unique_ptr<Sshd> start_with_password(std::string& why, const std::string& password, bool by_pam);
  ~Sshd();
  Sshd(const Sshd&) = delete;
  Sshd& operator=(const Sshd&) = delete;

  std::uint16_t port() const { return port_; }
  const std::string& user() const { return user_; }
  std::string key() const { return dir_.file("client"); }         // private key that may log in
  std::string host_key() const { return dir_.file("host.pub"); }  // of the server
  std::string folder() const { return dir_.path(); }
  std::string log() const;

  // A known_hosts file that pins this server's key for 127.0.0.1 at each of these ports.
  std::string known_hosts(const std::vector<std::uint16_t>& ports) const;
  // "ssh-ed25519 AAAA..." of the server's public key.
  std::string host_key_text() const;

 private:
  Sshd() = default;
  bool prepare(std::string& why);
  bool launch(const std::vector<std::string>& extra, const std::vector<std::string>& wrapper = {});

  TempDir dir_;
  std::string user_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace unjam::testing_support
