/* Frames: u32 size, u16 kind, u16 seq, fields; a field: u16 tag, u32 size, bytes. Little-endian, unaligned. */
#include "shim.h"
#include <string.h>
#include <sys/socket.h>

static uint16_t get16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }
static uint32_t get32(const uint8_t *p) { return get16(p) | (uint32_t)get16(p + 2) << 16; }

static bool is_text(uint16_t tag) {
  switch (tag) {
    case T_ID: case T_ARG: case T_ENV: case T_CWD: case T_APPARMOR: case T_CGROUP: case T_LOG_PATH: case T_OOM_FILE:
    case T_KILL_FILE:
      return true;
  }
  return false;
}

/* The bytes that a number or record of this tag has; 0: any. */
static uint32_t fixed_size(uint16_t tag) {
  switch (tag) {
    case T_FLAGS: case T_UID: case T_GID: case T_GROUP: case T_OOM_SCORE: case T_SIZE: case T_LOG_FILES: case T_SIGNAL:
    case T_VERSION:
      return 4;
    case T_CAPS: case T_LOG_SIZE: return 8;
    case T_RLIMIT: return 20;
  }
  return 0;
}

bool field_next(struct frame *f, struct field *out) {
  if (f->end - f->at < 6) return false;
  out->tag = get16(f->at);
  out->size = get32(f->at + 2);
  out->data = f->at + 6;
  if (out->size > (size_t)(f->end - out->data)) return false;
  f->at = out->data + out->size;
  return true;
}

/* Checks the frame whole, so that handlers can trust bounds, sizes and the NUL that ends each text. */
bool frame_parse(struct frame *f, const uint8_t *data, uint32_t size) {
  if (size < 4) return false;
  *f = (struct frame){.kind = get16(data), .seq = get16(data + 2), .at = data + 4, .end = data + size};
  struct frame walk = *f;
  struct field field;
  while (field_next(&walk, &field)) {
    uint32_t fixed = fixed_size(field.tag);
    if (fixed != 0 && field.size != fixed) return false;
    if (is_text(field.tag) && (field.size == 0 || memchr(field.data, 0, field.size) != field.data + field.size - 1))
      return false;
  }
  return walk.at == walk.end;
}

uint32_t field_u32(const struct field *f) { return get32(f->data); }
uint64_t field_u64(const struct field *f) { return get32(f->data) | (uint64_t)get32(f->data + 4) << 32; }

static void put_bytes(struct writer *w, const void *data, uint32_t size) {
  if (size > 0) memcpy(w->data + w->size, data, size);
  w->size += size;
}

void reply_begin(struct writer *w, uint16_t kind, uint16_t seq) {
  w->size = 4;
  put_bytes(w, &kind, 2);
  put_bytes(w, &seq, 2);
}

/* A field that has no room is left out: every answer of ours fits but for one with an absurdly long id. */
void put(struct writer *w, uint16_t tag, const void *data, uint32_t size) {
  if (w->size + 6 + size > sizeof w->data) return;
  put_bytes(w, &tag, 2);
  put_bytes(w, &size, 4);
  put_bytes(w, data, size);
}

void put_u32(struct writer *w, uint16_t tag, uint32_t value) { put(w, tag, &value, 4); }
void put_text(struct writer *w, uint16_t tag, const char *text) { put(w, tag, text, (uint32_t)strlen(text) + 1); }

/* Answers are small and sockets hold hundreds of them: a client that lets them fill up is not there any more. */
bool reply_send(struct writer *w, struct client *c) {
  uint32_t size = (uint32_t)w->size - 4;
  memcpy(w->data, &size, 4);
  ssize_t n = send(c->src.fd, w->data, w->size, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (n == (ssize_t)w->size) return true;
  shutdown(c->src.fd, SHUT_RDWR); /* the loop sees the hang-up and drops it */
  return false;
}

void announce(struct writer *w) {
  for (struct client *c = shim.clients; c != NULL; c = c->next)
    if (c->role == CONTROL) reply_send(w, c);
}

void reply_error(struct client *c, uint16_t seq, int error, enum stage stage, int code) {
  struct writer w;
  reply_begin(&w, ERROR, seq);
  put_u32(&w, T_ERRNO, (uint32_t)error);
  put_u32(&w, T_STAGE, stage);
  put_u32(&w, T_CODE, (uint32_t)code);
  reply_send(&w, c);
}
