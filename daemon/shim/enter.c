/*
 * An exec, from fork to execve: what `runc exec` does, without its 16 to 32 ms. It runs inside the container's pid
 * namespace from the first instruction and is not dumpable until execve, so nothing inside can trace it, open its
 * descriptors or overwrite its executable. Everything of the host is opened before the namespaces are joined and closed
 * before a path of the container's is looked at.
 */
#include "shim.h"
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define STATUS_FD 3 /* where the status pipe goes, so that everything above can be closed in one call */

_Noreturn void fail(int status, enum stage stage, int error) {
  int failure[2] = {(int)stage, error};
  ssize_t n = write(status, failure, sizeof failure);
  _exit(n == sizeof failure ? 127 : 126);
}

void reset_signals(void) {
  sigset_t none;
  for (int s = 1; s <= SIGRTMAX; s++) signal(s, SIG_DFL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static void write_once(int fd, const char *text, int status, enum stage stage) {
  if (fd < 0 || write(fd, text, strlen(text)) < 0) fail(status, stage, errno);
  close(fd);
}

/* /proc/<pid><rest> */
void proc_path(char out[64], pid_t pid, const char *rest) {
  char digits[12], *p = digits + sizeof digits;
  *--p = 0;
  for (; pid > 0; pid /= 10) *--p = (char)('0' + pid % 10);
  strcpy(stpcpy(stpcpy(out, "/proc/"), p), rest);
}

/* A single thread that writes "0" to `tasks` of version 1 moves itself without the machine's lock (see fork_into_cgroup). */
static void join_cgroups(const struct exec_request *r, int status) {
  for (unsigned i = 0; i < r->cgroup_count; i++)
    if (r->cgroups[i] != r->born_in) write_once(open(r->cgroups[i], O_WRONLY | O_CLOEXEC), "0", status, S_CGROUP);
}

/* The user namespace last: it is the host's root that may join all others, whoever owns them. */
static const char *const NAMESPACES[] = {"ipc", "uts", "net", "cgroup", "time", "mnt", "user"};
#define NAMESPACE_COUNT (sizeof NAMESPACES / sizeof *NAMESPACES)

static int open_namespace(pid_t init, const char *name) {
  char ours[64] = "/proc/self/ns/", theirs[64];
  proc_path(theirs, init, "/ns/");
  strcat(theirs, name);
  strcat(ours, name);
  struct stat a, b;
  int fd = open(theirs, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT ? -1 : -2; /* a kernel without this kind of namespace */
  if (fstat(fd, &a) < 0 || stat(ours, &b) < 0) return -2;
  if (a.st_ino != b.st_ino || a.st_dev != b.st_dev) return fd;
  close(fd); /* the host's own: joining one's own user namespace is an error */
  return -1;
}

static void join_namespaces(pid_t init, int status) {
  int fds[NAMESPACE_COUNT];
  for (size_t i = 0; i < NAMESPACE_COUNT; i++)
    if ((fds[i] = open_namespace(init, NAMESPACES[i])) == -2) fail(status, S_NAMESPACE, errno);
  for (size_t i = 0; i < NAMESPACE_COUNT; i++) {
    if (fds[i] < 0) continue;
    if (setns(fds[i], 0) < 0) fail(status, S_NAMESPACE, errno);
    close(fds[i]);
  }
  /* In a user namespace: its root from here on. */
  if (fds[NAMESPACE_COUNT - 1] >= 0 && (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)) fail(status, S_NAMESPACE, errno);
}

static void send_fd(int socket, int fd, int status) {
  char byte = 0;
  union { struct cmsghdr header; char room[CMSG_SPACE(sizeof(int))]; } control = {0};
  struct iovec part = {&byte, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  *header = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
  memcpy(CMSG_DATA(header), &fd, sizeof(int));
  if (sendmsg(socket, &message, MSG_NOSIGNAL) < 0) fail(status, S_TTY, errno);
}

/*
 * A terminal of the container's own devpts. The path is the container's to lie about (CVE-2025-52565): it must be the ptmx
 * device, and the other side is asked of the kernel by descriptor, never opened by name.
 */
static void open_terminal(const struct exec_request *r, int socket, int stdio[3], int status) {
  struct stat st;
  int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (master < 0 || fstat(master, &st) < 0) fail(status, S_TTY, errno);
  if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(5, 2)) fail(status, S_TTY, ENODEV);
  int unlocked = 0;
  if (ioctl(master, TIOCSPTLCK, &unlocked) < 0) fail(status, S_TTY, errno);
  int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (slave < 0) fail(status, S_TTY, errno);
  if (r->size.ws_row != 0 || r->size.ws_col != 0) ioctl(master, TIOCSWINSZ, &r->size);
  if (ioctl(slave, TIOCSCTTY, 0) < 0) fail(status, S_TTY, errno);
  send_fd(socket, master, status);
  close(master);
  stdio[0] = stdio[1] = stdio[2] = slave;
}

/* 0 to 2 and the status pipe; every other descriptor is closed for good, before any path of the container's is used. */
static int set_descriptors(const struct exec_request *r, int stdio[3], int status) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC), moved[3], high = fcntl(status, F_DUPFD_CLOEXEC, 10);
  if (high < 0) fail(status, S_STDIO, errno);
  for (int i = 0; i < 3; i++) {
    if (stdio[i] < 0 && null < 0) fail(high, S_STDIO, ENOENT);
    if ((moved[i] = fcntl(stdio[i] < 0 ? null : stdio[i], F_DUPFD_CLOEXEC, 10)) < 0) fail(high, S_STDIO, errno);
  }
  for (int i = 0; i < 3; i++) {
    if (dup2(moved[i], i) < 0) fail(high, S_STDIO, errno);
    /* So that the user can open /dev/stdout again. Where it may not be (a user namespace), only that does not work. */
    if (stdio[i] >= 0 && fchown(i, r->uid, (gid_t)-1) < 0) continue;
  }
  if (dup3(high, STATUS_FD, O_CLOEXEC) < 0) fail(high, S_STDIO, errno);
  if (syscall(SYS_close_range, STATUS_FD + 1, ~0u, 0) < 0)
    for (int fd = STATUS_FD + 1, max = (int)sysconf(_SC_OPEN_MAX); fd < max; fd++) close(fd); /* before Linux 5.9 */
  return STATUS_FD;
}

static void install_seccomp(const struct exec_request *r) {
  if (r->seccomp.len > 0 && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &r->seccomp) < 0)
    fail(STATUS_FD, S_SECCOMP, errno);
}

/* True when it worked; false when the user has to be changed first. */
static bool change_directory(const char *cwd, bool last_try) {
  if (chdir(cwd) < 0) {
    if (!last_try && (errno == EACCES || errno == EPERM)) return false;
    fail(STATUS_FD, S_CWD, errno);
  }
  /* Outside of our root the kernel says "(unreachable)…" (CVE-2024-21626); libc's getcwd would hide it. */
  char path[PATH_MAX];
  if (syscall(SYS_getcwd, path, sizeof path) < 0 || path[0] != '/') fail(STATUS_FD, S_CWD_OUTSIDE, errno);
  return true;
}

static uint64_t permitted(struct __user_cap_header_struct *header) {
  struct __user_cap_data_struct data[2] = {0};
  if (syscall(SYS_capget, header, data) < 0) fail(STATUS_FD, S_CAPS, errno);
  return data[0].permitted | (uint64_t)data[1].permitted << 32;
}

static void become_user(const struct exec_request *r) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  uint64_t caps = r->caps & permitted(&header);
  for (int cap = 0; cap < 64; cap++)
    if (!(r->caps & (uint64_t)1 << cap) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0 && errno != EINVAL)
      fail(STATUS_FD, S_CAPS, errno);
  bool there = change_directory(r->cwd, false);
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) fail(STATUS_FD, S_CAPS, errno);
  if (setgroups(r->group_count, r->groups) < 0 && !(errno == EPERM && r->group_count == 0)) fail(STATUS_FD, S_USER, errno);
  if (setresgid(r->gid, r->gid, r->gid) < 0 || setresuid(r->uid, r->uid, r->uid) < 0) fail(STATUS_FD, S_USER, errno);
  if (!there) change_directory(r->cwd, true);
  if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0) fail(STATUS_FD, S_CAPS, errno);
  /* A change of uid makes a process non-dumpable or keeps it so; the sets below are what execve starts from. */
  struct __user_cap_data_struct data[2] = {
      {.effective = (uint32_t)caps, .permitted = (uint32_t)caps},
      {.effective = (uint32_t)(caps >> 32), .permitted = (uint32_t)(caps >> 32)},
  };
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (syscall(SYS_capset, &header, data) < 0) fail(STATUS_FD, S_CAPS, errno);
}

/* 0 when `path` is something that the user may execute, else why not. */
static int executable(const char *path) {
  struct stat st;
  if (stat(path, &st) < 0) return errno;
  if (S_ISDIR(st.st_mode)) return EISDIR;
  return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? errno : 0;
}

/* As the user, with the new environment's PATH, by the rules of execvp(3). */
static const char *look_up(const struct exec_request *r, char path[PATH_MAX]) {
  const char *name = r->argv[0], *list = "";
  if (strchr(name, '/') != NULL) {
    int error = executable(name);
    if (error != 0) fail(STATUS_FD, S_EXEC, error);
    return name;
  }
  for (char **e = r->envp; *e != NULL; e++)
    if (strncmp(*e, "PATH=", 5) == 0) list = *e + 5;
  for (const char *end; name[0] != 0; list = end + 1) {
    end = strchrnul(list, ':');
    size_t size = (size_t)(end - list);
    if (size + strlen(name) + 2 <= PATH_MAX) {
      memcpy(path, size == 0 ? "." : list, size == 0 ? 1 : size);
      strcpy(stpcpy(path + (size == 0 ? 1 : size), "/"), name);
      if (executable(path) == 0) return path;
    }
    if (*end == 0) break;
  }
  fail(STATUS_FD, S_LOOKUP, ENOENT);
}

static void apply_limits(const struct exec_request *r, int status) {
  char number[12] = "", *p = number;
  for (unsigned i = 0; i < r->rlimit_count; i++)
    if (setrlimit((__rlimit_resource_t)r->rlimits[i].resource, &r->rlimits[i].limit) < 0) fail(status, S_RLIMIT, errno);
  if (!r->has_oom_score) return;
  int value = r->oom_score < 0 ? -r->oom_score : r->oom_score;
  if (r->oom_score < 0) *p++ = '-';
  /* No leading zeros: the kernel would read octal. */
  for (int unit = 1000; unit > 0; unit /= 10)
    if (value >= unit || unit == 1) *p++ = (char)('0' + value / unit % 10);
  write_once(open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC), number, status, S_OOM_SCORE);
}

/* The host's /proc, opened before the container's takes its place (CVE-2019-16884). */
static int open_apparmor(const struct exec_request *r, int status) {
  if (r->apparmor == NULL || r->apparmor[0] == 0) return -1;
  int fd = open("/proc/self/attr/apparmor/exec", O_WRONLY | O_CLOEXEC);
  if (fd < 0) fd = open("/proc/self/attr/exec", O_WRONLY | O_CLOEXEC);
  if (fd < 0) fail(status, S_APPARMOR, errno);
  return fd;
}

static void set_apparmor(int fd, const char *profile, int status) {
  char text[512];
  if (strlen(profile) + 6 > sizeof text) fail(status, S_APPARMOR, ENAMETOOLONG);
  strcpy(stpcpy(text, "exec "), profile);
  write_once(fd, text, status, S_APPARMOR);
}

_Noreturn void enter_container(const struct exec_request *r, pid_t init, int stdio[3], int tty, int status) {
  char path[PATH_MAX];
  reset_signals();
  join_cgroups(r, status);
  apply_limits(r, status);
  int apparmor = open_apparmor(r, status);
  setsid();
  /* Not the daemon's session keyring. A kernel without keys has none to leak. */
  if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS) fail(status, S_KEYRING, errno);
  join_namespaces(init, status);
  if (r->flags & F_TTY) open_terminal(r, tty, stdio, status);
  if (apparmor >= 0) set_apparmor(apparmor, r->apparmor, status);
  status = set_descriptors(r, stdio, status);
  if ((r->flags & F_NO_NEW_PRIVS) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) fail(status, S_NO_NEW_PRIVS, errno);
  /* Without no_new_privs a filter needs CAP_SYS_ADMIN, which is about to go; with it, the later the better. */
  if (!(r->flags & F_NO_NEW_PRIVS)) install_seccomp(r);
  umask(022);
  become_user(r);
  const char *file = look_up(r, path);
  if (r->flags & F_NO_NEW_PRIVS) install_seccomp(r);
  execve(file, r->argv, r->envp);
  fail(status, S_EXEC, errno);
}
