/*
 * Bytes between processes, log and clients. Output is read once, logged, then sent to every client that wants it, framed as
 * Docker does (8-byte header; none with a TTY). What a client has not taken yet is kept in proc->pending, one chunk, and
 * nothing more is read until all have it: back-pressure reaches the container, memory stays bounded. When the process is
 * dead its pipes are emptied all the same, so that its end and its log never wait for a client.
 */
#include "shim.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct client *client_new(int fd) {
  struct client *c = calloc(1, sizeof *c);
  if (c == NULL) {
    close(fd);
    return NULL;
  }
  c->src = (struct source){.fd = fd, .kind = SRC_CLIENT, .owner = c};
  c->next = shim.clients;
  shim.clients = c;
  watch(&c->src, EPOLLIN);
  return c;
}

void client_drop(struct client *c) {
  struct client **link = &shim.clients;
  while (*link != c) link = &(*link)->next;
  *link = c->next;
  struct proc *p = c->proc;
  if (p != NULL && p->starter == c) p->starter = NULL;
  if (shim.init.starter == c) shim.init.starter = NULL;
  for (struct proc *e = shim.execs; e != NULL; e = e->next)
    if (e->starter == c) e->starter = NULL;
  close_source(&c->src);
  free(c->frame);
  free(c);
  if (p != NULL) proc_update(p);
}

void proc_init(struct proc *p) {
  p->in = (struct source){.fd = -1, .kind = SRC_IN, .owner = p};
  p->out = (struct source){.fd = -1, .kind = SRC_OUT, .owner = p};
  p->err = (struct source){.fd = -1, .kind = SRC_ERR, .owner = p};
  p->status = (struct source){.fd = -1, .kind = SRC_STATUS, .owner = p};
  p->tty_channel = -1;
}

static int one_pipe(struct source *ours, int our_end, int *child) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return errno;
  ours->fd = ends[our_end];
  *child = ends[1 - our_end];
  return fcntl(ours->fd, F_SETFL, O_NONBLOCK) < 0 ? errno : 0;
}

/* Pipes as the flags ask; what is not asked for stays -1 and becomes /dev/null. The caller closes child[]. */
int proc_pipes(struct proc *p, int child[3]) {
  int error = 0;
  child[0] = child[1] = child[2] = -1;
  if (p->flags & F_TTY) return 0;
  if (p->flags & F_STDIN) error = one_pipe(&p->in, 1, &child[0]);
  if (error == 0 && (p->flags & F_STDOUT)) error = one_pipe(&p->out, 0, &child[1]);
  if (error == 0 && (p->flags & F_STDERR)) error = one_pipe(&p->err, 0, &child[2]);
  return error;
}

/* Receives the master of the pseudo-terminal over `socket` (SCM_RIGHTS): from runc, or from our own child. */
int proc_take_terminal(struct proc *p, int socket) {
  char byte[64];
  union { struct cmsghdr header; char room[CMSG_SPACE(sizeof(int))]; } control;
  struct iovec part = {byte, sizeof byte};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  if (recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0) return errno;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header == NULL || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof(int))) return EPROTO;
  memcpy(&p->out.fd, CMSG_DATA(header), sizeof(int));
  fcntl(p->out.fd, F_SETFL, O_RDWR | O_NONBLOCK);
  if (p->size.ws_row != 0 || p->size.ws_col != 0) ioctl(p->out.fd, TIOCSWINSZ, &p->size);
  if (p->flags & F_STDIN) p->in.fd = fcntl(p->out.fd, F_DUPFD_CLOEXEC, 3);
  return 0;
}

static void send_frames(struct client *c, const uint8_t *data, size_t size) {
  while (c->at < size) {
    if (c->left == 0) {
      const uint8_t *h = data + c->at;
      c->left = 8 + ((size_t)h[4] << 24 | (size_t)h[5] << 16 | (size_t)h[6] << 8 | h[7]);
      if (!(c->flags & (h[0] == 2 ? F_STDERR : F_STDOUT))) {
        c->at += c->left;
        c->left = 0;
        continue;
      }
      if (c->proc->flags & F_TTY) c->at += 8, c->left -= 8;
    }
    ssize_t n = send(c->src.fd, data + c->at, c->left, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      if (errno != EAGAIN) c->deaf = true;
      return;
    }
    c->at += (size_t)n;
    c->left -= (size_t)n;
  }
}

static bool hears(const struct client *c, const struct proc *p) {
  return c->proc == p && c->role == STREAM && !c->deaf && !c->parted;
}

static bool keep_pending(struct proc *p, size_t size) {
  size_t whole = p->pending_size + size;
  if (whole > p->pending_room) {
    size_t room = p->pending_size == 0 ? size : whole * 2;
    uint8_t *grown = whole > TAIL_MAX ? NULL : realloc(p->pending, room);
    if (grown == NULL) return false;
    p->pending = grown;
    p->pending_room = room;
  }
  memcpy(p->pending + p->pending_size, chunk, size);
  p->pending_size = whole;
  return true;
}

/* Sends the frame in `chunk` to all who want it and keeps what they do not take. */
static void deliver(struct proc *p, size_t size) {
  bool lag = false;
  if (p->pending_size == 0)
    for (struct client *c = shim.clients; c != NULL; c = c->next)
      if (hears(c, p)) {
        send_frames(c, chunk, size);
        lag |= !c->deaf && c->at < size;
      }
  if ((lag || p->pending_size > 0) && !keep_pending(p, size))
    for (struct client *c = shim.clients; c != NULL; c = c->next)
      if (hears(c, p) && c->at < p->pending_size + size) c->deaf = true;
  if (p->pending_size == 0)
    for (struct client *c = shim.clients; c != NULL; c = c->next)
      if (c->proc == p) c->at = c->left = 0;
}

/* Reads one chunk. False: nothing there now, or closed. */
static bool pump(struct proc *p, struct source *s) {
  if (s->fd < 0) return false;
  ssize_t n = read(s->fd, chunk + 8, READ_CHUNK);
  if (n < 0 && errno == EINTR) return true;
  if (n < 0 && errno == EAGAIN) return false;
  if (n <= 0) { /* a terminal whose last user has gone answers EIO */
    close_source(s);
    return false;
  }
  uint8_t stream = s->kind == SRC_ERR ? 2 : 1;
  uint8_t header[8] = {stream, 0, 0, 0, 0, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
  memcpy(chunk, header, 8);
  /* The log first: it has every byte, whatever becomes of clients. */
  if (p == &shim.init) log_write(stream, chunk + 8, (size_t)n);
  deliver(p, 8 + (size_t)n);
  return true;
}

void proc_output(struct proc *p, struct source *s) {
  pump(p, s);
  if (!finish_if_over(p)) proc_update(p);
}

/*
 * The process is dead, and with it all who could write into its pipes (the rest of its pid namespace died first): what can
 * be read now is all there will ever be. A terminal is read to its end instead: the kernel hands its bytes over later, but
 * hangs it up for sure when the session leader dies.
 */
void proc_drain(struct proc *p) {
  while (pump(p, &p->out)) continue;
  while (pump(p, &p->err)) continue;
}

void proc_close_stdin(struct proc *p) { close_source(&p->in); }

/* End of output for a client; what it may still write is read and thrown away, so that it never sees a reset. */
static void part(struct client *c) {
  shutdown(c->src.fd, SHUT_WR);
  c->parted = true;
}

static bool feeds(const struct client *c) {
  return (c->flags & F_STDIN) && !c->stdin_over && c->proc->in.fd >= 0;
}

static uint32_t client_mask(const struct client *c) {
  if (c->parted) return c->stdin_over ? EPOLLHUP : EPOLLIN;
  uint32_t mask = feeds(c) && !c->proc->stdin_full ? EPOLLIN : 0;
  if (c->deaf) return mask; /* 0 is out of the loop: its hang-up would be reported for ever */
  return mask | EPOLLHUP | (c->at < c->proc->pending_size ? (uint32_t)EPOLLOUT : 0);
}

/* After any change: who is done, who is gone, what to wait for. May free clients, and `p` when it is a forgotten exec. */
void proc_update(struct proc *p) {
  bool over = p->phase == OVER || p->phase == FAILED, lag = false;
  for (struct client *c = shim.clients, *next; c != NULL; c = next) {
    next = c->next;
    if (c->proc != p) continue;
    if (c->deaf && !feeds(c) && !c->parted) {
      c->proc = NULL;
      client_drop(c);
      continue;
    }
    lag |= hears(c, p) && c->at < p->pending_size;
    if (over && !c->parted && c->at >= p->pending_size) part(c);
  }
  if (!lag && p->pending != NULL) {
    free(p->pending);
    p->pending = NULL;
    p->pending_size = p->pending_room = 0;
    for (struct client *c = shim.clients; c != NULL; c = c->next)
      if (c->proc == p) c->at = c->left = 0;
  }
  for (struct client *c = shim.clients; c != NULL; c = c->next)
    if (c->proc == p) watch(&c->src, client_mask(c));
  uint32_t read_mask = p->phase == RUNNING && (p->pending == NULL || p->dead) ? EPOLLIN : 0;
  watch(&p->out, read_mask);
  watch(&p->err, read_mask);
  watch(&p->in, p->stdin_full ? EPOLLOUT : 0);
  if (over && p != &shim.init) proc_forget(p);
}

/* Moves what the process takes. A peek first: what it does not take stays in the socket, the best buffer there is. */
static void pump_stdin(struct client *c) {
  struct proc *p = c->proc;
  ssize_t n = recv(c->src.fd, chunk, sizeof chunk, MSG_PEEK | MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    c->stdin_over = true;
    if ((p->flags & F_STDIN_ONCE) && !(p->flags & F_TTY)) proc_close_stdin(p);
    return;
  }
  ssize_t written = write(p->in.fd, chunk, (size_t)n);
  if (written > 0) recv(c->src.fd, chunk, (size_t)written, MSG_DONTWAIT);
  else if (written < 0 && errno == EAGAIN) p->stdin_full = true;
  else if (written < 0 && errno != EINTR) proc_close_stdin(p);
}

static void discard_stdin(struct client *c) {
  ssize_t n = recv(c->src.fd, chunk, sizeof chunk, MSG_DONTWAIT);
  if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) c->stdin_over = true;
}

static void stream_ready(struct client *c, uint32_t events) {
  struct proc *p = c->proc;
  if (c->parted) {
    discard_stdin(c);
    if (c->stdin_over && (events & (EPOLLHUP | EPOLLERR))) client_drop(c);
    else watch(&c->src, client_mask(c));
    return;
  }
  if ((events & EPOLLIN) && feeds(c)) pump_stdin(c);
  if ((events & EPOLLOUT) && p->pending != NULL) send_frames(c, p->pending, p->pending_size);
  if (events & (EPOLLHUP | EPOLLERR)) c->deaf = true;
  proc_update(p);
}

/* Reads one frame, never a byte beyond it: what follows on a stream is stdin. */
static void read_frame(struct client *c) {
  uint8_t *to = c->have < 4 ? c->head + c->have : c->frame + (c->have - 4);
  size_t want = c->have < 4 ? 4 - c->have : c->size - (c->have - 4);
  ssize_t n = recv(c->src.fd, to, want, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return client_drop(c);
  c->have += (uint32_t)n;
  if (c->have == 4) {
    c->size = c->head[0] | (uint32_t)c->head[1] << 8 | (uint32_t)c->head[2] << 16 | (uint32_t)c->head[3] << 24;
    if (c->size < 4 || c->size > FRAME_MAX || (c->frame = malloc(c->size)) == NULL) return client_drop(c);
  }
  if (c->have < 4 || c->have - 4 < c->size) return;
  uint8_t *frame = c->frame;
  c->frame = NULL;
  c->have = 0;
  request(c, frame, c->size); /* may drop c */
  free(frame);
}

void client_ready(struct client *c, uint32_t events) {
  if (c->role == STREAM) stream_ready(c, events);
  else read_frame(c);
}
