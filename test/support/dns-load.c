/* dns-load SECONDS IN_FLIGHT RATE NAME: asks 127.0.0.11 for an A record again and again, over one socket. RATE 0 is as fast as
 * answers come. Prints queries a second, the median and the 99th percentile in µs, and how many had no answer or a bad one. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { KEPT = 8000000, IDS = 65536 };
/* µs: what resolv.conf(5) gives a server. */
static const double PATIENCE = 5e6;
static double sent[IDS];
static float took[KEPT];

static double now(void) {
  struct timespec moment;
  clock_gettime(CLOCK_MONOTONIC, &moment);
  return moment.tv_sec * 1e6 + moment.tv_nsec / 1e3;
}

static int by_size(const void *left, const void *right) {
  float a = *(const float *)left, b = *(const float *)right;
  return a < b ? -1 : a > b;
}

static int question(unsigned char *out, char *name) {
  int length = 12;
  memcpy(out, "\0\0\1\0\0\1\0\0\0\0\0\0", 12);
  for (char *label = strtok(name, "."); label; label = strtok(NULL, ".")) {
    out[length++] = strlen(label);
    memcpy(out + length, label, strlen(label));
    length += strlen(label);
  }
  memcpy(out + length, "\0\0\1\0\1", 5);
  return length + 5;
}

int main(int count, char **args) {
  if (count != 5) return 2;
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(53)};
  inet_pton(AF_INET, "127.0.0.11", &server.sin_addr);
  double seconds = atof(args[1]);
  int most = atoi(args[2]), rate = atoi(args[3]);
  unsigned char bytes[512], answer[1500];
  int length = question(bytes, args[4]);
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (connect(fd, (void *)&server, sizeof server) < 0) return 1;
  long good = 0, bad = 0, asked = 0;
  int in_flight = 0;
  double start = now(), end = start + seconds * 1e6;
  while (now() < end) {
    for (; in_flight < most && (rate == 0 || asked < (now() - start) * rate / 1e6); in_flight++, asked++) {
      bytes[0] = asked >> 8;
      bytes[1] = asked;
      sent[asked % IDS] = now();
      if (send(fd, bytes, length, 0) < 0) bad++;
    }
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    int waits = rate == 0 || in_flight == most;
    double next = waits ? PATIENCE : start + (asked + 1) * 1e6 / rate - now();
    struct timespec until = {next < 0 ? 0 : (long)(next / 1e6), next < 0 ? 0 : (long)(next * 1e3) % 1000000000};
    if (ppoll(&readable, 1, &until, NULL) <= 0 && waits) {
      bad += in_flight;
      in_flight = 0;
    }
    while (recv(fd, answer, sizeof answer, MSG_DONTWAIT) > 7) {
      if ((answer[3] & 15) != 0 || answer[7] == 0) bad++;
      else if (good < KEPT) took[good++] = now() - sent[answer[0] << 8 | answer[1]];
      in_flight--;
    }
  }
  double all = (now() - start) / 1e6;
  qsort(took, good, sizeof *took, by_size);
  printf("{\"rate\":%.0f,\"p50\":%.1f,\"p99\":%.1f,\"bad\":%ld}\n", good / all, took[good / 2], took[good * 99 / 100], bad);
  return 0;
}
