/* slipway-shim: the parent of one container. See PROTOCOL.md for what it says and hears. */
#ifndef SLIPWAY_SHIM_H
#define SLIPWAY_SHIM_H
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <time.h>

#define PROTOCOL_VERSION 1
#define FRAME_MAX (4u << 20) /* bytes of a frame: arguments and environment reach 2 MiB at most (execve(2)) */
#define READ_CHUNK (32 * 1024)
#define TAIL_MAX (8u << 20) /* what a dead process may leave in its pipes for clients that lag behind */
#define LINE_BYTES (16 * 1024) /* Docker splits log lines here */
#define STAMP_SIZE 31 /* 2026-01-02T03:04:05.678901234Z and NUL */
#define KEPT_EXECS 64 /* exit codes of execs kept for a daemon that was away */

enum kind {
  HELLO = 1, CONFIG, START, ATTACH, EXEC, KILL, RESIZE, FORGET, DELETE,
  OK = 64, ERROR,
  EXITED = 96, EXEC_EXITED, LOG_LOST, EXEC_STATE,
};

enum tag {
  T_ID = 1, T_FLAGS, T_ARG, T_ENV, T_CWD, T_UID, T_GID, T_GROUP, T_CAPS, T_SECCOMP, T_APPARMOR, T_CGROUP, T_RLIMIT,
  T_OOM_SCORE, T_SIZE, T_LOG_PATH, T_LOG_SIZE, T_LOG_FILES, T_OOM_FILE, T_KILL_FILE, T_SIGNAL, T_PID, T_CODE, T_TIME,
  T_ERRNO, T_STAGE, T_PHASE, T_VERSION,
};

enum flag { F_STDIN = 1, F_STDOUT = 2, F_STDERR = 4, F_TTY = 8, F_STDIN_ONCE = 16, F_NO_NEW_PRIVS = 32, F_OOM = 64 };

/* Where the start of a process failed; the daemon words the message. */
enum stage {
  S_REQUEST = 1, S_FORK, S_RUNC, S_CGROUP, S_NAMESPACE, S_TTY, S_STDIO, S_RLIMIT, S_OOM_SCORE, S_APPARMOR, S_KEYRING,
  S_NO_NEW_PRIVS, S_SECCOMP, S_CAPS, S_USER, S_CWD, S_CWD_OUTSIDE, S_LOOKUP, S_EXEC,
};

enum phase { CREATED, STARTING, RUNNING, OVER, FAILED };

enum source_kind { SRC_CHILDREN, SRC_LISTENER, SRC_CLIENT, SRC_OUT, SRC_ERR, SRC_IN, SRC_STATUS };

/* A descriptor in the event loop. */
struct source {
  int fd;
  uint8_t kind;
  uint32_t mask; /* 0: not registered */
  void *owner;
};

struct client;

/* The container's init, or an exec. */
struct proc {
  struct proc *next;
  char *id; /* NULL: init */
  pid_t pid;
  uint32_t flags;
  enum phase phase;
  bool dead, stdin_full, forgotten;
  int code;
  char ended[STAMP_SIZE], began[STAMP_SIZE];
  struct source in, out, err, status;
  int tty_channel;
  struct winsize size;
  uint8_t *pending; /* frames that some client has not taken yet */
  size_t pending_size, pending_room;
  struct client *starter;
  uint16_t starter_seq;
};

enum role { UNKNOWN, CONTROL, STREAM };

struct client {
  struct client *next;
  struct source src;
  enum role role;
  /* A frame on its way in. */
  uint8_t head[4];
  uint8_t *frame;
  uint32_t have, size;
  /* STREAM: what it wants of which process and how far it is in proc->pending. */
  struct proc *proc;
  uint32_t flags;
  size_t at, left;
  bool deaf, stdin_over, parted;
};

struct field {
  uint16_t tag;
  uint32_t size;
  const uint8_t *data;
};

struct frame {
  uint16_t kind, seq;
  const uint8_t *at, *end;
};

#define MAX_GROUPS 256
#define V2_PROCS "/cgroup.procs" /* what a CGROUP of version 2 ends with; of version 1 it is a `tasks` */
#define MAX_CGROUPS 32
#define MAX_RLIMITS 16

struct exec_request {
  const char *id, *cwd, *apparmor;
  char **argv, **envp;
  uint32_t flags, uid, gid;
  gid_t groups[MAX_GROUPS];
  unsigned group_count, cgroup_count, rlimit_count;
  const char *cgroups[MAX_CGROUPS];
  const char *born_in; /* the one of them that it need not join any more */
  struct { uint32_t resource; struct rlimit limit; } rlimits[MAX_RLIMITS];
  uint64_t caps;
  struct sock_fprog seccomp;
  bool has_oom_score;
  int32_t oom_score;
  struct winsize size;
};

struct shim {
  int epoll;
  bool configured, deleted;
  struct source children, listener;
  struct client *clients;
  struct proc init, *execs;
  pid_t runc;
  int console;
  char *oom_files[2], *kill_file;
  bool oom;
};
extern struct shim shim;
extern uint8_t chunk[8 + READ_CHUNK];

/* main.c */
void watch(struct source *s, uint32_t mask);
void close_source(struct source *s);
void timestamp(char out[STAMP_SIZE]);
int read_file(const char *path, char *buffer, size_t room);

/* log.c */
int log_open(const char *path, uint64_t max_size, uint32_t max_files);
void log_write(int stream, const uint8_t *data, size_t size);
void log_finish(void);

/* streams.c */
struct client *client_new(int fd);
void client_drop(struct client *c);
void client_ready(struct client *c, uint32_t events);
void proc_init(struct proc *p);
int proc_pipes(struct proc *p, int child[3]);
int proc_take_terminal(struct proc *p, int socket);
void proc_output(struct proc *p, struct source *s);
void proc_update(struct proc *p);
void proc_drain(struct proc *p);
void proc_close_stdin(struct proc *p);

/* proto.c */
bool frame_parse(struct frame *f, const uint8_t *data, uint32_t size);
bool field_next(struct frame *f, struct field *out);
uint32_t field_u32(const struct field *f);
uint64_t field_u64(const struct field *f);
struct writer { uint8_t data[512]; size_t size; };
void reply_begin(struct writer *w, uint16_t kind, uint16_t seq);
void put(struct writer *w, uint16_t tag, const void *data, uint32_t size);
void put_u32(struct writer *w, uint16_t tag, uint32_t value);
void put_text(struct writer *w, uint16_t tag, const char *text);
bool reply_send(struct writer *w, struct client *c);
void announce(struct writer *w);
void reply_error(struct client *c, uint16_t seq, int error, enum stage stage, int code);

/* requests.c */
void request(struct client *c, const uint8_t *data, uint32_t size);
void answer_state(struct client *c, uint16_t seq, const struct proc *p);

/* process.c */
int prepare_container(void);
int start_container(char **argv);
int exec_process(struct proc *p, struct exec_request *r);
void status_ready(struct proc *p);
void children_ready(void);
void proc_forget(struct proc *p);
bool finish_if_over(struct proc *p);

/* enter.c */
void reset_signals(void);
void proc_path(char out[64], pid_t pid, const char *rest);
_Noreturn void enter_container(const struct exec_request *r, pid_t init, int stdio[3], int tty, int status);
_Noreturn void fail(int status, enum stage stage, int error);
#endif
