/* The lives of processes: runc for the init, enter.c for execs; their ends, recorded before they are announced. */
#include "shim.h"
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h> /* rename */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static int child_stdio[3] = {-1, -1, -1};

static void close_all(int *fds, int count) {
  for (int i = 0; i < count; i++) {
    if (fds[i] >= 0) close(fds[i]);
    fds[i] = -1;
  }
}

static int listen_console(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "console.sock"};
  unlink(address.sun_path);
  shim.console = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (shim.console < 0 || bind(shim.console, (struct sockaddr *)&address, sizeof address) < 0) return errno;
  return listen(shim.console, 1) < 0 ? errno : 0;
}

/* stdio exists before the start, so that clients can attach and write before the first instruction of the container. */
int prepare_container(void) {
  return shim.init.flags & F_TTY ? listen_console() : proc_pipes(&shim.init, child_stdio);
}

static void set_stdio(int stdio[3], int status, enum stage stage) {
  int null = open("/dev/null", O_RDWR);
  for (int i = 0; i < 3; i++)
    if (dup2(stdio[i] < 0 ? null : stdio[i], i) < 0) fail(status, stage, errno);
  if (null > 2) close(null);
}

/* One call of runc: it creates and starts the container and goes away; the init becomes a child of this subreaper. */
int start_container(char **argv) {
  struct proc *p = &shim.init;
  int status[2];
  if (pipe2(status, O_CLOEXEC) < 0) return errno;
  shim.runc = fork();
  if (shim.runc == 0) {
    reset_signals();
    set_stdio(child_stdio, status[1], S_RUNC);
    execve(argv[0], argv, environ);
    fail(status[1], S_RUNC, errno);
  }
  int error = shim.runc < 0 ? errno : 0;
  close(status[1]);
  close_all(child_stdio, 3);
  if (error != 0) {
    close(status[0]);
    shim.runc = 0;
    return error;
  }
  p->status.fd = status[0];
  p->phase = STARTING;
  return 0;
}

static int take_console(void) {
  int socket = accept4(shim.console, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  int error = socket < 0 ? errno : proc_take_terminal(&shim.init, socket);
  if (socket >= 0) close(socket);
  close(shim.console);
  unlink("console.sock");
  return error;
}

static void answer_started(struct proc *p) {
  if (p->starter == NULL) return;
  answer_state(p->starter, p->starter_seq, p);
  p->starter = NULL;
}

static void start_failed(struct proc *p, int error, enum stage stage, int code) {
  close_source(&p->in);
  close_source(&p->out);
  close_source(&p->err);
  p->phase = FAILED;
  if (p->starter != NULL) reply_error(p->starter, p->starter_seq, error, stage, code);
  p->starter = NULL;
}

/* What runc printed to the container's stdio is not the container's output: nothing was read of it, nothing will be. */
static void runc_done(int wait_status) {
  struct proc *p = &shim.init;
  int failure[2] = {0, 0};
  char text[32];
  bool exec_failed = read(p->status.fd, failure, sizeof failure) == sizeof failure;
  close_source(&p->status);
  int code = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
  if (exec_failed) start_failed(p, failure[1], (enum stage)failure[0], 0);
  else if (code != 0) start_failed(p, 0, S_RUNC, code);
  else {
    p->pid = read_file("pid", text, sizeof text) > 0 ? (pid_t)strtol(text, NULL, 10) : 0;
    int error = p->pid <= 0 ? ESRCH : p->flags & F_TTY ? take_console() : 0;
    if (error != 0) {
      if (p->pid > 0) kill(p->pid, SIGKILL);
      start_failed(p, error, S_TTY, 0);
    } else {
      timestamp(p->began);
      p->phase = RUNNING;
      answer_started(p);
    }
  }
  proc_update(p);
}

static bool same_namespace(int fd, const char *own) {
  struct stat a, b;
  return fstat(fd, &a) == 0 && stat(own, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/* clone3(2), Linux 5.7; spelt out, since the headers of the build may be older than the kernel. */
struct clone_into {
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};
#define INTO_CGROUP 0x200000000ULL

/*
 * Born in a cgroup of version 2. To move there later would take the lock that every fork and exit of the machine shares, after
 * an RCU grace period of 10 to 15 ms. Where it does not work out, the child moves by itself, and its error is the one told.
 */
static pid_t fork_into_cgroup(struct exec_request *r) {
  for (unsigned i = 0; i < r->cgroup_count; i++) {
    char folder[PATH_MAX];
    size_t size = strlen(r->cgroups[i]), name = strlen(V2_PROCS);
    if (size <= name || size >= sizeof folder || strcmp(r->cgroups[i] + size - name, V2_PROCS) != 0) continue;
    memcpy(folder, r->cgroups[i], size - name);
    folder[size - name] = 0;
    int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) break;
    struct clone_into args = {.flags = INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)fd};
    r->born_in = r->cgroups[i];
    pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
    if (pid != 0) close(fd);
    if (pid >= 0) return pid;
    break;
  }
  r->born_in = NULL;
  return fork();
}

/* fork() into the container's pid namespace: one fork where the usual double fork needs two. */
static pid_t fork_inside(struct exec_request *r, pid_t init) {
  char path[64];
  proc_path(path, init, "/ns/pid");
  int theirs = open(path, O_RDONLY | O_CLOEXEC), ours = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
  pid_t pid = -1;
  int error = 0;
  bool same = theirs >= 0 && same_namespace(theirs, "/proc/self/ns/pid");
  if (theirs < 0 || ours < 0 || (!same && setns(theirs, CLONE_NEWPID) < 0)) error = errno;
  else if ((pid = fork_into_cgroup(r)) < 0) error = errno;
  if (pid != 0) {
    if (error == 0 && !same) setns(ours, CLONE_NEWPID);
    if (theirs >= 0) close(theirs);
    if (ours >= 0) close(ours);
    errno = error;
  }
  return pid;
}

/* Starts an exec; its fate comes over p->status: end of file when execve worked, else stage and errno. */
int exec_process(struct proc *p, struct exec_request *r) {
  int stdio[3] = {-1, -1, -1}, status[2] = {-1, -1}, channel[2] = {-1, -1};
  int error = proc_pipes(p, stdio);
  if (error == 0 && pipe2(status, O_CLOEXEC) < 0) error = errno;
  if (error == 0 && (p->flags & F_TTY) && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) < 0) error = errno;
  if (error == 0) {
    p->pid = fork_inside(r, shim.init.pid);
    if (p->pid == 0) enter_container(r, shim.init.pid, stdio, channel[1], status[1]);
    if (p->pid < 0) error = errno;
  }
  close_all(stdio, 3);
  close_all(&status[1], 1);
  close_all(&channel[1], 1);
  p->status.fd = status[0];
  p->tty_channel = channel[0];
  p->phase = STARTING;
  if (error == 0) {
    watch(&p->status, EPOLLIN);
    return 0;
  }
  close_source(&p->in);
  close_source(&p->out);
  close_source(&p->err);
  close_source(&p->status);
  close_all(&p->tty_channel, 1);
  return error;
}

static void resolve(struct proc *p) {
  int failure[2];
  ssize_t n = read(p->status.fd, failure, sizeof failure);
  close_source(&p->status);
  int error = 0;
  if (n != sizeof failure && (p->flags & F_TTY)) error = proc_take_terminal(p, p->tty_channel);
  close_all(&p->tty_channel, 1);
  if (n == sizeof failure) return start_failed(p, failure[1], (enum stage)failure[0], 0);
  if (error != 0) {
    kill(p->pid, SIGKILL);
    return start_failed(p, error, S_TTY, 0);
  }
  timestamp(p->began);
  p->phase = RUNNING;
  answer_started(p);
}

void status_ready(struct proc *p) {
  resolve(p);
  proc_update(p);
}

static void trim_execs(void) {
  unsigned kept = 0;
  for (struct proc *p = shim.execs; p != NULL; p = p->next)
    if (p->phase == OVER && ++kept > KEPT_EXECS) p->forgotten = true;
}

/* Frees an exec that is over and forgotten, once its last client and its zombie are gone. */
void proc_forget(struct proc *p) {
  if (!p->dead || !(p->forgotten || p->phase == FAILED)) return;
  for (struct client *c = shim.clients; c != NULL; c = c->next)
    if (c->proc == p) return;
  struct proc **link = &shim.execs;
  while (*link != p) link = &(*link)->next;
  *link = p->next;
  free(p->pending);
  free(p->id);
  free(p);
}

/* Cgroup v2's memory.events and v1's memory.oom_control both count "oom_kill". */
static bool was_oom_killed(void) {
  char text[1024];
  for (int i = 0; i < 2; i++) {
    if (shim.oom_files[i] == NULL || read_file(shim.oom_files[i], text, sizeof text) < 0) continue;
    const char *count = strstr(text, "oom_kill ");
    if (count != NULL && count[9] != '0') return true;
  }
  return false;
}

/*
 * `exit`: code, time, oom; in place before anybody hears of it, so that a daemon that comes later finds the same answer. No
 * fsync: the folder is of this boot only, as the container was, and after a power cut neither is asked for; on a disk it
 * would be 4 to 10 ms of each run.
 */
static void record_exit(const struct proc *p) {
  char text[64], *t = text;
  int code = p->code;
  for (int unit = 100; unit > 0; unit /= 10) *t++ = (char)('0' + code / unit % 10);
  *t++ = ' ';
  t = stpcpy(t, p->ended);
  t = stpcpy(t, shim.oom ? " oom\n" : "\n");
  int fd = open("exit.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return;
  if (write(fd, text, (size_t)(t - text)) == t - text) rename("exit.new", "exit");
  close(fd);
}

/* When the process is dead and its output was read to the end: record, announce, let clients go. */
bool finish_if_over(struct proc *p) {
  if (!p->dead || p->phase != RUNNING || p->out.fd >= 0 || p->err.fd >= 0) return false;
  struct writer w;
  p->phase = OVER;
  if (p == &shim.init) {
    log_finish();
    shim.oom = was_oom_killed();
    record_exit(p);
    reply_begin(&w, EXITED, 0);
    put_u32(&w, T_FLAGS, shim.oom ? F_OOM : 0);
  } else {
    trim_execs();
    reply_begin(&w, EXEC_EXITED, 0);
    put_text(&w, T_ID, p->id);
  }
  put_u32(&w, T_CODE, (uint32_t)p->code);
  put_text(&w, T_TIME, p->ended);
  announce(&w);
  proc_update(p);
  return true;
}

/* Without a pid namespace of its own the container's other processes outlive its init: Docker kills them, so do we. */
static bool kill_stragglers(void) {
  char text[4096];
  if (shim.kill_file == NULL || read_file(shim.kill_file, text, sizeof text) <= 0) return false;
  for (char *p = text, *end; ; p = end) {
    long pid = strtol(p, &end, 10);
    if (end == p) return true;
    if (pid > 1) kill((pid_t)pid, SIGKILL);
  }
}

static void settle(struct proc *p) {
  bool stragglers = p == &shim.init && kill_stragglers();
  proc_drain(p);
  if (!(p->flags & F_TTY) && !stragglers) {
    close_source(&p->out);
    close_source(&p->err);
  }
  if (!finish_if_over(p)) proc_update(p);
}

static void process_died(struct proc *p, int wait_status) {
  if (p->status.fd >= 0) resolve(p);
  p->dead = true;
  p->code = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
  timestamp(p->ended);
  proc_close_stdin(p);
  if (p->phase == RUNNING) settle(p);
  else proc_update(p);
}

void children_ready(void) {
  struct signalfd_siginfo ignored;
  int wait_status;
  pid_t pid;
  while (read(shim.children.fd, &ignored, sizeof ignored) > 0) continue;
  if (shim.runc > 0) {
    /* Until runc is gone nobody else is looked at: the init may already be dead, but its pid is not known yet. */
    if (waitpid(shim.runc, &wait_status, WNOHANG) <= 0) return;
    shim.runc = 0;
    runc_done(wait_status);
  }
  while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0) {
    struct proc *p = &shim.init;
    if (pid != p->pid)
      for (p = shim.execs; p != NULL && p->pid != pid; p = p->next) continue;
    if (p != NULL && !p->dead) process_died(p, wait_status);
  }
  if (shim.init.dead && shim.init.phase == RUNNING && shim.kill_file != NULL) settle(&shim.init);
}
