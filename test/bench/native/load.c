// The load: keeps connections busy, at a rate or as fast as answers come and deliveries arrive.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

static long accepted, refused, latencies;
static long started;
static uint32_t *latency_us;
static char first_complaint[256];

void event_make(struct event *event, const struct load *load, long number, int64_t sent_us) {
  if (number % 100 < load->healthy) strcpy(event->type, "bench.ok");
  else snprintf(event->type, sizeof event->type, "bench.hang.%ld", number % load->hang_types);
  int length = snprintf(event->data, sizeof event->data, "{\"n\":%ld,\"sent\":%lld,\"pad\":\"", number, (long long)sent_us);
  while (length < load->bytes - 2 && length < (int)sizeof event->data - 3) event->data[length++] = 'x';
  event->data[length++] = '"';
  event->data[length++] = '}';
  event->data_length = length;
}

void call_done(struct connection *connection, struct call *call, int ok, const char *complaint, int length) {
  accepted += ok;
  refused += call->events - ok;
  if (ok < call->events && !first_complaint[0]) {
    for (int i = 0; i < length && i < 200; i++) {
      int plain = complaint[i] >= ' ' && complaint[i] < 127 && complaint[i] != '"' && complaint[i] != '\\';
      first_complaint[i] = plain ? complaint[i] : ' ';
    }
  }
  if (latencies < MAX_EVENTS) latency_us[latencies++] = now_us() - call->started;
  call->started = 0;
  connection->under_way--;
}

static void dial(struct connection *connection, const struct load *load, const struct protocol *protocol, int poll) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(load->port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connection->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(connection->fd, (struct sockaddr *)&address, sizeof address)) {
    close(connection->fd);
    connection->fd = -1;
    return;
  }
  setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
  epoll_ctl(poll, EPOLL_CTL_ADD, connection->fd, &event);
  protocol->open(connection, load);
}

static void lost(struct connection *connection, int calls) {
  close(connection->fd);
  connection->fd = -1;
  connection->in.start = connection->in.length = connection->out.start = connection->out.length = 0;
  connection->body.start = connection->body.length = 0;
  for (int i = 0; i < calls; i++) {
    if (connection->calls[i].started) call_done(connection, &connection->calls[i], 0, "connection lost", 15);
  }
}

// The connections block on writing: the API reads, so a full socket is a matter of microseconds.
static int flush(struct connection *connection) {
  while (buffer_left(&connection->out) > 0) {
    ssize_t written = write(connection->fd, buffer_at(&connection->out), buffer_left(&connection->out));
    if (written < 0) return errno == EINTR ? 1 : 0;
    buffer_take(&connection->out, written);
  }
  return 1;
}

static int by_size(const void *a, const void *b) {
  uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
  return one < other ? -1 : one > other;
}

static void print_result(double seconds) {
  qsort(latency_us, latencies, sizeof *latency_us, by_size);
  double p50 = latencies ? latency_us[latencies / 2] / 1e3 : 0, p99 = latencies ? latency_us[latencies * 99 / 100] / 1e3 : 0;
  printf("{\"accepted\":%ld,\"refused\":%ld,\"seconds\":%.3f,\"p50\":%.2f,\"p99\":%.2f,\"complaint\":\"%s\"}\n", accepted,
         refused, seconds, p50, p99, first_complaint);
}

void load_run(const struct load *load) {
  const struct protocol *protocol = strcmp(load->protocol, "http") == 0 ? &http1 : &h2;
  int per_call = strcmp(load->protocol, "batch") == 0 ? load->batch : 1, calls = protocol->calls(load);
  struct connection *all = calloc(load->connections, sizeof *all);
  struct event *events = malloc(per_call * sizeof *events);
  int poll = epoll_create1(0), blocked = 0;
  latency_us = malloc(MAX_EVENTS * sizeof *latency_us);
  accepted = refused = latencies = started = first_complaint[0] = 0;
  memset(first_complaint, 0, sizeof first_complaint);
  for (int i = 0; i < load->connections; i++) {
    all[i].calls = calloc(calls, sizeof *all[i].calls);
    dial(&all[i], load, protocol, poll);
  }
  int64_t begin = now_us(), end = begin + (int64_t)(load->seconds * 1e6);
  int under_way = 0, next = 0;
  for (int64_t now = begin; now < end || (under_way > 0 && now < end + 15000000); now = now_us()) {
    long due = load->rate > 0 ? (long)((now - begin) / 1e6 * load->rate) : sink_distinct + load->window;
    int tried = 0;
    while (now < end && started + per_call <= due && tried < load->connections) {
      struct connection *connection = &all[next];
      if (connection->fd >= 0 && connection->under_way < calls) {
        for (int i = 0; i < per_call; i++) {
          int64_t planned = load->rate > 0 ? begin + (int64_t)((started + i) / load->rate * 1e6) : 0;
          event_make(&events[i], load, started + i, blocked && planned ? planned : now_us());
        }
        if (protocol->publish(connection, load, events, per_call)) {
          started += per_call;
          tried = 0;
          if (!flush(connection)) lost(connection, calls);
          // One connection takes all it can, so that a call does not wait for the next read.
          if (connection->under_way < calls) continue;
        }
      }
      next = (next + 1) % load->connections;
      tried++;
    }
    blocked = started + per_call <= due;
    struct epoll_event ready[256];
    int count = epoll_wait(poll, ready, 256, 1);
    for (int i = 0; i < count; i++) {
      struct connection *connection = ready[i].data.ptr;
      char chunk[65536];
      ssize_t got = connection->fd < 0 ? 0 : read(connection->fd, chunk, sizeof chunk);
      if (got > 0) buffer_add(&connection->in, chunk, got);
      if (connection->fd >= 0 && (got <= 0 || !protocol->read(connection, load) || !flush(connection))) lost(connection, calls);
    }
    under_way = 0;
    for (int i = 0; i < load->connections; i++) {
      under_way += all[i].under_way;
      if (all[i].fd < 0 && now < end) dial(&all[i], load, protocol, poll);
    }
  }
  double seconds = (now_us() - begin) / 1e6;
  for (int i = 0; i < load->connections; i++) {
    if (all[i].fd >= 0) lost(&all[i], calls);
    for (int j = 0; j < calls; j++) free(all[i].calls[j].answer.bytes);
    free(all[i].calls);
    free(all[i].in.bytes);
    free(all[i].out.bytes);
    free(all[i].body.bytes);
  }
  print_result(seconds);
  close(poll);
  free(all);
  free(events);
  free(latency_us);
}
