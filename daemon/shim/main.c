/* The event loop: one epoll, no timers. Everything that can happen is a descriptor that became ready. */
#include "shim.h"
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define INHERITED 3 /* the daemon's connection */

struct shim shim;
uint8_t chunk[8 + READ_CHUNK];

/* Mask 0 takes it out of the loop: epoll reports a hang-up even to those who asked for nothing. */
void watch(struct source *s, uint32_t mask) {
  if (s->fd < 0 || s->mask == mask) return;
  struct epoll_event event = {.events = mask, .data.ptr = s};
  int op = mask == 0 ? EPOLL_CTL_DEL : s->mask == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (epoll_ctl(shim.epoll, op, s->fd, &event) == 0) s->mask = mask;
}

void close_source(struct source *s) {
  if (s->fd < 0) return;
  watch(s, 0);
  close(s->fd);
  s->fd = -1;
  s->mask = 0;
}

static char *digits(char *out, unsigned value, int count) {
  for (int i = count - 1; i >= 0; i--, value /= 10) out[i] = (char)('0' + value % 10);
  return out + count;
}

/* RFC 3339 in UTC with nanoseconds. libc's gmtime would read time zone files: pages that this process can do without. */
void timestamp(char out[STAMP_SIZE]) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  int64_t days = now.tv_sec / 86400, rest = now.tv_sec % 86400;
  /* Civil date from days: years begin in March, so that the leap day is the last of its year. */
  int64_t z = days + 719468, era = z / 146097, doe = z - era * 146097;
  int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  int64_t mp = (5 * doy + 2) / 153, day = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9;
  int64_t year = yoe + era * 400 + (month <= 2);
  char *p = digits(out, (unsigned)year, 4);
  *p++ = '-', p = digits(p, (unsigned)month, 2);
  *p++ = '-', p = digits(p, (unsigned)day, 2);
  *p++ = 'T', p = digits(p, (unsigned)(rest / 3600), 2);
  *p++ = ':', p = digits(p, (unsigned)(rest / 60 % 60), 2);
  *p++ = ':', p = digits(p, (unsigned)(rest % 60), 2);
  *p++ = '.', p = digits(p, (unsigned)now.tv_nsec, 9);
  *p++ = 'Z', *p = 0;
}

/* The start of a small file, NUL-terminated. Bytes read, or -1. */
int read_file(const char *path, char *buffer, size_t room) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  size_t size = 0;
  ssize_t n;
  while (size < room - 1 && (n = read(fd, buffer + size, room - 1 - size)) > 0) size += (size_t)n;
  close(fd);
  buffer[size] = 0;
  return (int)size;
}

static int listen_here(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "shim.sock"};
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  unlink(address.sun_path);
  mode_t before = umask(0177); /* 0600 from the first moment */
  int bound = bind(fd, (struct sockaddr *)&address, sizeof address);
  umask(before);
  return bound == 0 && listen(fd, 64) == 0 ? fd : -1;
}

static void accept_client(void) {
  int fd = accept4(shim.listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd >= 0) client_new(fd);
}

static void dispatch(struct source *s, uint32_t events) {
  switch (s->kind) {
    case SRC_CHILDREN: children_ready(); break;
    case SRC_LISTENER: accept_client(); break;
    case SRC_CLIENT: client_ready(s->owner, events); break;
    case SRC_OUT:
    case SRC_ERR: proc_output(s->owner, s); break;
    case SRC_STATUS: status_ready(s->owner); break;
    case SRC_IN:
      ((struct proc *)s->owner)->stdin_full = false;
      if (events & EPOLLERR) proc_close_stdin(s->owner); /* nobody will read it */
      proc_update(s->owner);
      break;
  }
}

/*
 * Whether there is a reason to live: a container, a client that still reads, or a daemon that has not said "delete".
 * With the daemon away and the container over, the exit file tells all, so a dead container keeps no shim.
 */
static bool needed(void) {
  if (shim.init.phase == STARTING || shim.init.phase == RUNNING) return true;
  for (struct client *c = shim.clients; c != NULL; c = c->next)
    if (c->role != CONTROL || !shim.deleted) return true;
  return false;
}

int main(void) {
  sigset_t all, child;
  sigfillset(&all);
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  /* All are blocked: a shim ends by its own decision or by SIGKILL, never before its container. */
  sigprocmask(SIG_SETMASK, &all, NULL);
  /* Not dumpable: what is forked from here to enter a container cannot be traced or opened from inside (CVE-2016-9962). */
  prctl(PR_SET_DUMPABLE, 0);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  /* Whatever else was inherited must reach neither runc nor a container. */
  syscall(SYS_close_range, INHERITED + 1, ~0u, 0);
  shim.console = -1;
  proc_init(&shim.init);
  shim.epoll = epoll_create1(EPOLL_CLOEXEC);
  shim.children = (struct source){.fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK), .kind = SRC_CHILDREN};
  shim.listener = (struct source){.fd = listen_here(), .kind = SRC_LISTENER};
  if (shim.epoll < 0 || shim.children.fd < 0 || shim.listener.fd < 0) return 1;
  watch(&shim.children, EPOLLIN);
  watch(&shim.listener, EPOLLIN);
  /* The daemon that spawned it is connected from birth: no wait for the socket to appear. */
  fcntl(INHERITED, F_SETFD, FD_CLOEXEC);
  fcntl(INHERITED, F_SETFL, O_NONBLOCK);
  if (client_new(INHERITED) == NULL) return 1;
  while (needed()) {
    /* One event a turn: handlers free what other events of a batch would point at. */
    struct epoll_event event;
    int n = epoll_wait(shim.epoll, &event, 1, -1);
    if (n < 0 && errno != EINTR) return 1;
    if (n == 1) dispatch(event.data.ptr, event.events);
  }
  return 0;
}
