// The receiver: answers 200 at once, but never on paths that begin with /hang; notes when each event came to /ok.
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

static const char ok[] = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

struct peer {
  int fd;
  struct buffer in;
};

atomic_long sink_distinct;
static atomic_long requests, hung;
static uint8_t seen[MAX_EVENTS];
static uint32_t latency_us[MAX_EVENTS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static long number_after(const char *text, size_t length, const char *name) {
  const char *at = memmem(text, length, name, strlen(name));
  return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

static void arrived(const char *body, size_t length) {
  long number = number_after(body, length, "\"n\":"), sent = number_after(body, length, "\"sent\":");
  pthread_mutex_lock(&lock);
  requests++;
  if (number >= 0 && number < MAX_EVENTS && !seen[number]) {
    seen[number] = 1;
    int64_t took = now_us() - sent;
    latency_us[atomic_fetch_add(&sink_distinct, 1)] = took > UINT32_MAX ? UINT32_MAX : took < 0 ? 0 : (uint32_t)took;
  }
  pthread_mutex_unlock(&lock);
}

// One whole request at the start of the buffer? 0: not yet, -1: nonsense.
static int take_request(struct peer *peer) {
  char *head = buffer_at(&peer->in);
  char *end = memmem(head, buffer_left(&peer->in), "\r\n\r\n", 4);
  if (!end) return buffer_left(&peer->in) > 65536 ? -1 : 0;
  long content = 0;
  for (char *line = head; line < end;) {
    char *next = memmem(line, end + 2 - line, "\r\n", 2);
    if (strncasecmp(line, "content-length:", 15) == 0) content = strtol(line + 15, NULL, 10);
    line = next + 2;
  }
  size_t whole = end + 4 - head + content;
  if (buffer_left(&peer->in) < whole) return 0;
  int hangs = strncmp(head, "POST /hang", 10) == 0;
  if (hangs) hung++;
  else if (strncmp(head, "POST /ok", 8) == 0) arrived(end + 4, content);
  buffer_take(&peer->in, whole);
  if (!hangs && write(peer->fd, ok, sizeof ok - 1) < 0) return -1;
  return 1;
}

static int serve(struct peer *peer) {
  char chunk[65536];
  ssize_t got = read(peer->fd, chunk, sizeof chunk);
  if (got < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
  if (got == 0) return -1;
  buffer_add(&peer->in, chunk, got);
  int taken;
  while ((taken = take_request(peer)) > 0) {}
  return taken;
}

static void *run(void *argument) {
  int listener = *(int *)argument, poll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN}, ready[256];
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int count = epoll_wait(poll, ready, 256, -1);
    for (int i = 0; i < count; i++) {
      struct peer *peer = ready[i].data.ptr;
      if (!peer) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (fd < 0) continue;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        peer = calloc(1, sizeof *peer);
        peer->fd = fd;
        event.data.ptr = peer;
        epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
      } else if (serve(peer) < 0) {
        close(peer->fd);
        free(peer->in.bytes);
        free(peer);
      }
    }
  }
  return NULL;
}

void sink_start(int *port) {
  static int listener;
  // A thousand endpoints that hang, times their connections.
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(*port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 4096)) {
    perror("cannot listen");
    exit(1);
  }
  getsockname(listener, (struct sockaddr *)&address, &size);
  *port = ntohs(address.sin_port);
  pthread_t thread;
  pthread_create(&thread, NULL, run, &listener);
}

void sink_reset(void) {
  pthread_mutex_lock(&lock);
  requests = hung = sink_distinct = 0;
  memset(seen, 0, sizeof seen);
  pthread_mutex_unlock(&lock);
}

static int by_size(const void *a, const void *b) {
  uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
  return one < other ? -1 : one > other;
}

void sink_print_stats(void) {
  pthread_mutex_lock(&lock);
  long count = sink_distinct;
  uint32_t *sorted = malloc((count + 1) * sizeof *sorted);
  memcpy(sorted, latency_us, count * sizeof *sorted);
  pthread_mutex_unlock(&lock);
  qsort(sorted, count, sizeof *sorted, by_size);
  sorted[count] = count ? sorted[count - 1] : 0;
  printf("{\"requests\":%ld,\"distinct\":%ld,\"hung\":%ld,\"p50\":%.2f,\"p90\":%.2f,\"p99\":%.2f,\"max\":%.2f}\n",
         (long)requests, count, (long)hung, sorted[count / 2] / 1e3, sorted[count * 9 / 10] / 1e3,
         sorted[count * 99 / 100] / 1e3, sorted[count] / 1e3);
  free(sorted);
}
