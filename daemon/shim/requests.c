/* What a client may ask, and the answers. A frame that makes no sense ends its connection. */
#include "shim.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static void ok(struct client *c, uint16_t seq) {
  struct writer w;
  reply_begin(&w, OK, seq);
  reply_send(&w, c);
}

static struct proc *find(const char *id) {
  if (id == NULL) return &shim.init;
  for (struct proc *p = shim.execs; p != NULL; p = p->next)
    if (strcmp(p->id, id) == 0) return p;
  return NULL;
}

static void read_size(struct winsize *size, const struct field *field) {
  uint32_t both = field_u32(field);
  *size = (struct winsize){.ws_row = (uint16_t)both, .ws_col = (uint16_t)(both >> 16)};
}

/* Texts of one tag as a NULL-terminated vector that points into the frame. */
static char **vector(struct frame f, uint16_t tag) {
  size_t count = 0;
  struct field field;
  for (struct frame walk = f; field_next(&walk, &field);) count += field.tag == tag;
  char **texts = calloc(count + 1, sizeof *texts);
  if (texts == NULL) return NULL;
  for (count = 0; field_next(&f, &field);)
    if (field.tag == tag) texts[count++] = (char *)field.data;
  return texts;
}

static void put_proc(struct writer *w, const struct proc *p) {
  put_u32(w, T_PHASE, p->phase);
  put_u32(w, T_PID, (uint32_t)p->pid);
  if (p->phase == OVER) {
    put_u32(w, T_CODE, (uint32_t)p->code);
    put_text(w, T_TIME, p->ended);
  } else if (p->phase == RUNNING) {
    put_text(w, T_TIME, p->began);
  }
}

/* How a process is: the answer to the start of one and, of the init, to HELLO. */
void answer_state(struct client *c, uint16_t seq, const struct proc *p) {
  struct writer w;
  reply_begin(&w, OK, seq);
  if (p == &shim.init) {
    put_u32(&w, T_VERSION, PROTOCOL_VERSION);
    put_u32(&w, T_FLAGS, (p->flags & ~(uint32_t)F_OOM) | (shim.oom ? F_OOM : 0));
  }
  put_proc(&w, p);
  reply_send(&w, c);
}

/* A daemon introduces itself and learns how things are. Execs come as one event each, before the answer. */
static void hello(struct client *c, struct frame f) {
  struct writer w;
  c->role = CONTROL;
  for (struct proc *p = shim.execs; p != NULL; p = p->next) {
    reply_begin(&w, EXEC_STATE, 0);
    put_text(&w, T_ID, p->id);
    put_proc(&w, p);
    if (!reply_send(&w, c)) return;
  }
  if (shim.init.phase == STARTING && shim.init.starter == NULL) {
    /* Whoever asked for the start is gone: this daemon hears how it went. */
    shim.init.starter = c;
    shim.init.starter_seq = f.seq;
  } else {
    answer_state(c, f.seq, &shim.init);
  }
}

static void configure(struct client *c, struct frame f) {
  const char *log = NULL;
  uint64_t size = 0;
  uint32_t files = 1;
  struct field field;
  if (shim.configured) return reply_error(c, f.seq, EALREADY, S_REQUEST, 0);
  for (struct frame walk = f; field_next(&walk, &field);) {
    if (field.tag == T_FLAGS) shim.init.flags = field_u32(&field) | F_STDOUT | F_STDERR;
    if (field.tag == T_SIZE) read_size(&shim.init.size, &field);
    if (field.tag == T_LOG_PATH) log = (const char *)field.data;
    if (field.tag == T_LOG_SIZE) size = field_u64(&field);
    if (field.tag == T_LOG_FILES) files = field_u32(&field);
    if (field.tag == T_KILL_FILE && shim.kill_file == NULL) shim.kill_file = strdup((const char *)field.data);
    if (field.tag == T_OOM_FILE)
      for (int i = 0; i < 2; i++)
        if (shim.oom_files[i] == NULL) {
          shim.oom_files[i] = strdup((const char *)field.data);
          break;
        }
  }
  int error = log == NULL ? 0 : log_open(log, size, files);
  if (error == 0) error = prepare_container();
  if (error != 0) return reply_error(c, f.seq, error, S_STDIO, 0);
  shim.configured = true;
  ok(c, f.seq);
}

static void start(struct client *c, struct frame f) {
  if (!shim.configured || shim.init.phase != CREATED) return reply_error(c, f.seq, EALREADY, S_REQUEST, 0);
  char **argv = vector(f, T_ARG);
  int error = argv == NULL ? ENOMEM : argv[0] == NULL ? EINVAL : start_container(argv);
  free(argv);
  if (error != 0) return reply_error(c, f.seq, error, S_FORK, 0);
  shim.init.starter = c;
  shim.init.starter_seq = f.seq;
}

static void become_stream(struct client *c, struct proc *p, uint32_t flags) {
  c->role = STREAM;
  c->proc = p;
  c->flags = flags;
  c->at = p->pending_size; /* what came before it is not for it */
}

static void attach(struct client *c, struct frame f) {
  uint32_t flags = 0;
  struct field field;
  for (struct frame walk = f; field_next(&walk, &field);)
    if (field.tag == T_FLAGS) flags = field_u32(&field);
  if (!shim.configured || c->role != UNKNOWN) return reply_error(c, f.seq, EINVAL, S_REQUEST, 0);
  ok(c, f.seq);
  become_stream(c, &shim.init, flags);
  proc_update(&shim.init);
}

static bool parse_exec(struct frame f, struct exec_request *r) {
  struct field field;
  while (field_next(&f, &field)) {
    const char *text = (const char *)field.data;
    switch (field.tag) {
      case T_ID: r->id = text; break;
      case T_CWD: r->cwd = text; break;
      case T_APPARMOR: r->apparmor = text; break;
      case T_FLAGS: r->flags = field_u32(&field); break;
      case T_UID: r->uid = field_u32(&field); break;
      case T_GID: r->gid = field_u32(&field); break;
      case T_CAPS: r->caps = field_u64(&field); break;
      case T_SIZE: read_size(&r->size, &field); break;
      case T_OOM_SCORE: r->oom_score = (int32_t)field_u32(&field), r->has_oom_score = true; break;
      case T_GROUP:
        if (r->group_count == MAX_GROUPS) return false;
        r->groups[r->group_count++] = field_u32(&field);
        break;
      case T_CGROUP:
        if (r->cgroup_count == MAX_CGROUPS) return false;
        r->cgroups[r->cgroup_count++] = text;
        break;
      case T_RLIMIT: {
        if (r->rlimit_count == MAX_RLIMITS) return false;
        struct field soft = {.data = field.data + 4}, hard = {.data = field.data + 12};
        r->rlimits[r->rlimit_count].resource = field_u32(&field);
        r->rlimits[r->rlimit_count++].limit = (struct rlimit){field_u64(&soft), field_u64(&hard)};
        break;
      }
      case T_SECCOMP:
        if (field.size == 0 || field.size % 8 != 0 || field.size / 8 > UINT16_MAX) return false;
        r->seccomp = (struct sock_fprog){(unsigned short)(field.size / 8), (struct sock_filter *)field.data};
        break;
    }
  }
  return r->id != NULL && r->cwd != NULL && r->argv[0] != NULL;
}

/* On a connection of its own the exec's stdio follows the answer; on a control connection it is detached. */
static void exec(struct client *c, struct frame f) {
  struct exec_request r = {.argv = vector(f, T_ARG), .envp = vector(f, T_ENV)};
  struct proc *p = NULL;
  int error = 0;
  if (r.argv == NULL || r.envp == NULL) error = ENOMEM;
  else if (!parse_exec(f, &r)) error = EINVAL;
  else if (shim.init.phase != RUNNING || shim.init.dead) error = ESRCH;
  else if (find(r.id) != NULL) error = EEXIST;
  else if ((p = calloc(1, sizeof *p)) == NULL || (proc_init(p), p->id = strdup(r.id)) == NULL) error = ENOMEM;
  if (error == 0) {
    p->flags = r.flags | F_STDIN_ONCE;
    p->size = r.size;
    error = exec_process(p, &r);
  }
  free(r.argv);
  free(r.envp);
  if (error != 0) {
    if (p != NULL) free(p->id);
    free(p);
    return reply_error(c, f.seq, error, error == ESRCH || error == EEXIST ? S_REQUEST : S_FORK, 0);
  }
  p->next = shim.execs;
  shim.execs = p;
  p->starter = c;
  p->starter_seq = f.seq;
  if (c->role == UNKNOWN) {
    become_stream(c, p, r.flags);
    proc_update(p);
  }
}

static void kill_process(struct client *c, struct frame f, const char *id) {
  struct proc *p = find(id);
  struct field field;
  int signal = 0;
  while (field_next(&f, &field))
    if (field.tag == T_SIGNAL) signal = (int)field_u32(&field);
  /* A process that is not reaped yet keeps its pid, so the signal cannot reach a stranger. */
  int error = p == NULL || p->phase != RUNNING || p->dead ? ESRCH : kill(p->pid, signal) < 0 ? errno : 0;
  if (error != 0) reply_error(c, f.seq, error, S_REQUEST, 0);
  else ok(c, f.seq);
}

static void resize(struct client *c, struct frame f, const char *id) {
  struct proc *p = find(id);
  struct field field;
  if (p == NULL || !(p->flags & F_TTY) || p->dead) return reply_error(c, f.seq, p == NULL ? ESRCH : ENOTTY, S_REQUEST, 0);
  while (field_next(&f, &field))
    if (field.tag == T_SIZE) read_size(&p->size, &field);
  /* Before the start it is kept for the terminal to come. */
  if (p->out.fd >= 0 && ioctl(p->out.fd, TIOCSWINSZ, &p->size) < 0) return reply_error(c, f.seq, errno, S_REQUEST, 0);
  ok(c, f.seq);
}

static void forget(struct client *c, struct frame f, const char *id) {
  struct proc *p = id == NULL ? NULL : find(id);
  if (p != NULL && (p->phase == OVER || p->phase == FAILED)) {
    p->forgotten = true;
    proc_forget(p);
  }
  ok(c, f.seq);
}

static void delete(struct client *c, struct frame f) {
  if (shim.init.phase == RUNNING || shim.init.phase == STARTING) return reply_error(c, f.seq, EBUSY, S_REQUEST, 0);
  shim.deleted = true;
  close_source(&shim.listener);
  unlink("shim.sock");
  shim.init.phase = shim.init.phase == CREATED ? FAILED : shim.init.phase;
  ok(c, f.seq);
  proc_update(&shim.init);
}

void request(struct client *c, const uint8_t *data, uint32_t size) {
  struct frame f;
  if (!frame_parse(&f, data, size)) return client_drop(c);
  const char *id = NULL;
  struct field field;
  for (struct frame walk = f; field_next(&walk, &field);)
    if (field.tag == T_ID) id = (const char *)field.data;
  if (f.kind == HELLO) return hello(c, f);
  if (f.kind == ATTACH) return attach(c, f);
  if (f.kind == EXEC) return exec(c, f);
  if (c->role != CONTROL) return client_drop(c);
  switch (f.kind) {
    case CONFIG: return configure(c, f);
    case START: return start(c, f);
    case KILL: return kill_process(c, f, id);
    case RESIZE: return resize(c, f, id);
    case FORGET: return forget(c, f, id);
    case DELETE: return delete(c, f);
  }
  client_drop(c);
}
