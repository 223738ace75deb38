/*
 * Docker's json-file log: {"log":"…","stream":"stdout","time":"…"} a line, rotated by size. A record is written whole or
 * not at all. When the disk refuses (ENOSPC), the container goes on: its torn record is cut away, what is lost is counted,
 * the daemon is told, and the next record that fits is preceded by one that names the gap.
 */
#include "shim.h"
#include <fcntl.h>
#include <limits.h>
#include <stdio.h> /* rename */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORD_MAX (LINE_BYTES * 6 + 128) /* \u00XX for every byte, and the rest of the record */

static struct {
  int fd;
  char *path;
  uint64_t size, max_size, lost;
  uint32_t max_files;
  int error;
} log_file = {.fd = -1};

static struct line {
  uint8_t data[LINE_BYTES];
  size_t size;
} lines[2];

static char out[READ_CHUNK + RECORD_MAX];
static size_t out_size;
static uint32_t out_records;
static char stamp[STAMP_SIZE];

/* A power cut can leave half a record at the end; new ones must not be glued to it. */
static void cut_torn_end(void) {
  uint64_t window = log_file.size < sizeof out ? log_file.size : sizeof out;
  ssize_t n = pread(log_file.fd, out, window, (off_t)(log_file.size - window));
  if (n <= 0 || out[n - 1] == '\n') return;
  const char *end = memrchr(out, '\n', (size_t)n);
  uint64_t whole = end == NULL ? log_file.size - window : log_file.size - (uint64_t)(out + n - 1 - end);
  if (ftruncate(log_file.fd, (off_t)whole) == 0) log_file.size = whole;
}

static int open_file(int extra) {
  log_file.fd = open(log_file.path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | extra, 0640);
  struct stat st;
  if (log_file.fd < 0 || fstat(log_file.fd, &st) < 0) return errno;
  log_file.size = (uint64_t)st.st_size;
  return 0;
}

int log_open(const char *path, uint64_t max_size, uint32_t max_files) {
  if (strlen(path) + 12 > PATH_MAX) return ENAMETOOLONG;
  log_file.path = strdup(path);
  log_file.max_size = max_size;
  log_file.max_files = max_files < 1 ? 1 : max_files;
  int error = log_file.path == NULL ? ENOMEM : open_file(0);
  if (error == 0) cut_torn_end();
  return error;
}

static const char *numbered(char buffer[PATH_MAX], uint32_t n) {
  size_t size = strlen(log_file.path);
  memcpy(buffer, log_file.path, size + 1);
  if (n == 0) return buffer;
  char digits[11], *p = digits + sizeof digits;
  *--p = 0;
  for (; n > 0; n /= 10) *--p = (char)('0' + n % 10);
  buffer[size] = '.';
  strcpy(buffer + size + 1, p);
  return buffer;
}

/* file → file.1 → file.2 …: the last falls off. A crash in between leaves a gap in the numbers, which readers skip. */
static void rotate(void) {
  char from[PATH_MAX], to[PATH_MAX];
  for (uint32_t n = log_file.max_files - 1; n > 0; n--) rename(numbered(from, n - 1), numbered(to, n));
  if (log_file.max_files == 1) unlink(log_file.path);
  int old = log_file.fd;
  if (open_file(O_EXCL) == 0) {
    close(old);
    return;
  }
  /* No new file to be had: the old one grows past its limit rather than lose a line. */
  if (log_file.fd >= 0) close(log_file.fd);
  log_file.fd = old;
  if (log_file.max_files > 1) rename(numbered(from, 1), log_file.path);
}

static void tell_lost(int error) {
  struct writer w;
  log_file.error = error;
  reply_begin(&w, LOG_LOST, 0);
  put_u32(&w, T_ERRNO, (uint32_t)error);
  announce(&w);
}

/* Writes all of `data` or leaves the file as it was up to the last whole record. Bytes that count as written. */
static size_t append(const char *data, size_t size) {
  size_t done = 0;
  while (done < size) {
    ssize_t n = write(log_file.fd, data + done, size - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      int error = n < 0 ? errno : ENOSPC;
      const char *end = done == 0 ? NULL : memrchr(data, '\n', done);
      done = end == NULL ? 0 : (size_t)(end + 1 - data);
      if (ftruncate(log_file.fd, (off_t)(log_file.size + done)) < 0) error = errno;
      if (log_file.error == 0) tell_lost(error);
      break;
    }
    done += (size_t)n;
  }
  log_file.size += done;
  return done;
}

static bool write_gap(void) {
  char record[256], number[21], *n = number + sizeof number;
  *--n = 0;
  for (uint64_t value = log_file.lost; value > 0; value /= 10) *--n = (char)('0' + value % 10);
  char *p = stpcpy(record, "{\"log\":\"[slipway] ");
  p = stpcpy(stpcpy(p, n), " log records were lost here: ");
  p = stpcpy(p, log_file.error == ENOSPC ? "no space left on device" : "the log could not be written");
  p = stpcpy(stpcpy(stpcpy(p, "\\n\",\"stream\":\"stderr\",\"time\":\""), stamp), "\"}\n");
  if (append(record, (size_t)(p - record)) == 0) return false;
  log_file.lost = 0;
  log_file.error = 0;
  return true;
}

static void flush(void) {
  if (out_size == 0) return;
  if (log_file.lost > 0 && !write_gap()) {
    log_file.lost += out_records;
  } else {
    size_t done = append(out, out_size);
    for (size_t i = done; i < out_size; i++) log_file.lost += out[i] == '\n';
  }
  out_size = out_records = 0;
}

/* Bytes of the UTF-8 sequence that starts here (RFC 3629); 0 when invalid; -1 when it is cut off by the end. */
static int utf8_length(const uint8_t *s, size_t size) {
  uint8_t first = s[0], low = 0x80, high = 0xbf;
  int n = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  if (first == 0xe0) low = 0xa0;
  if (first == 0xed) high = 0x9f;
  if (first == 0xf0) low = 0x90;
  if (first == 0xf4) high = 0x8f;
  for (int i = 1; i < n; i++, low = 0x80, high = 0xbf) {
    if ((size_t)i >= size) return -1;
    if (s[i] < low || s[i] > high) return 0;
  }
  return n;
}

static char *escape(char *p, const uint8_t *s, size_t size) {
  static const char hex[] = "0123456789abcdef";
  for (size_t i = 0; i < size;) {
    uint8_t c = s[i];
    if (c >= 0x80) {
      int n = utf8_length(s + i, size - i);
      if (n <= 0) {
        p = stpcpy(p, "\\ufffd");
        i++;
      } else {
        memcpy(p, s + i, (size_t)n);
        p += n, i += (size_t)n;
      }
      continue;
    }
    i++;
    if (c >= 0x20 && c != '"' && c != '\\') *p++ = (char)c;
    else if (c == '"' || c == '\\') *p++ = '\\', *p++ = (char)c;
    else if (c == '\n') *p++ = '\\', *p++ = 'n';
    else if (c == '\r') *p++ = '\\', *p++ = 'r';
    else if (c == '\t') *p++ = '\\', *p++ = 't';
    else p = stpcpy(p, "\\u00"), *p++ = hex[c >> 4], *p++ = hex[c & 15];
  }
  return p;
}

static void record(int stream, const uint8_t *data, size_t size) {
  char *start = out + out_size, *p = escape(stpcpy(start, "{\"log\":\""), data, size);
  p = stpcpy(stpcpy(p, "\",\"stream\":\""), stream == 1 ? "stdout" : "stderr");
  p = stpcpy(stpcpy(stpcpy(p, "\",\"time\":\""), stamp), "\"}\n");
  size_t length = (size_t)(p - start);
  if (log_file.max_size > 0 && log_file.size + out_size > 0 && log_file.size + out_size + length > log_file.max_size) {
    /* The records before this one belong to the file before. */
    flush();
    rotate();
    memmove(out, start, length);
  }
  out_size += length;
  out_records++;
  if (out_size >= READ_CHUNK) flush();
}

/* Bytes of a full line buffer that make a record: a character that is cut off stays for the next one. */
static size_t whole_characters(const uint8_t *data, size_t size) {
  for (size_t back = 1; back <= 3 && back < size; back++) {
    uint8_t c = data[size - back];
    if (c >= 0xc0) return utf8_length(data + size - back, back) < 0 ? size - back : size;
    if (c < 0x80) break;
  }
  return size;
}

void log_write(int stream, const uint8_t *data, size_t size) {
  if (log_file.fd < 0) return;
  struct line *line = &lines[stream - 1];
  timestamp(stamp);
  while (size > 0) {
    const uint8_t *newline = memchr(data, '\n', size);
    size_t part = newline == NULL ? size : (size_t)(newline + 1 - data);
    if (line->size == 0 && newline != NULL && part <= LINE_BYTES) {
      record(stream, data, part);
    } else {
      if (part > LINE_BYTES - line->size) part = LINE_BYTES - line->size, newline = NULL;
      memcpy(line->data + line->size, data, part);
      line->size += part;
      if (newline != NULL) {
        record(stream, line->data, line->size);
        line->size = 0;
      } else if (line->size == LINE_BYTES) {
        size_t whole = whole_characters(line->data, LINE_BYTES);
        record(stream, line->data, whole);
        memmove(line->data, line->data + whole, LINE_BYTES - whole);
        line->size = LINE_BYTES - whole;
      }
    }
    data += part;
    size -= part;
  }
  flush();
}

/* The process is over: what it left without a newline is a record too. */
void log_finish(void) {
  if (log_file.fd < 0) return;
  timestamp(stamp);
  for (int stream = 1; stream <= 2; stream++) {
    struct line *line = &lines[stream - 1];
    if (line->size > 0) record(stream, line->data, line->size);
    line->size = 0;
  }
  flush();
  if (log_file.lost > 0) write_gap();
  close(log_file.fd);
  log_file.fd = -1;
}
