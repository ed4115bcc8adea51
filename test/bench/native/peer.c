// Reads one command a line: `load <fields of struct load>`, `stats`, `reset`. Answers each with one line of JSON.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "peer.h"

int64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void buffer_add(struct buffer *buffer, const void *bytes, size_t length) {
  if (buffer->length + length > buffer->capacity) {
    size_t left = buffer_left(buffer);
    if (left) memmove(buffer->bytes, buffer_at(buffer), left);
    buffer->start = 0;
    buffer->length = left;
    if (left + length > buffer->capacity) {
      buffer->capacity = (left + length) * 2;
      buffer->bytes = realloc(buffer->bytes, buffer->capacity);
      if (!buffer->bytes) abort();
    }
  }
  memcpy(buffer->bytes + buffer->length, bytes, length);
  buffer->length += length;
}

void buffer_take(struct buffer *buffer, size_t length) {
  buffer->start += length;
  if (buffer->start == buffer->length) buffer->start = buffer->length = 0;
}

int main(void) {
  int port = 0;
  signal(SIGPIPE, SIG_IGN);
  sink_start(&port);
  printf("{\"port\":%d}\n", port);
  fflush(stdout);
  char line[1024], protocol[16], key[512];
  while (fgets(line, sizeof line, stdin)) {
    struct load load = {.protocol = protocol, .key = key};
    if (strncmp(line, "stats", 5) == 0) {
      sink_print_stats();
    } else if (strncmp(line, "reset", 5) == 0) {
      sink_reset();
      printf("{}\n");
    } else if (sscanf(line, "load %15s %d %511s %d %d %d %lf %d %lf %d %d %d", protocol, &load.port, key,
                      &load.connections, &load.streams, &load.batch, &load.rate, &load.window, &load.seconds,
                      &load.bytes, &load.healthy, &load.hang_types) == 12) {
      load_run(&load);
    } else {
      printf("{\"error\":\"unknown command\"}\n");
    }
    fflush(stdout);
  }
  return 0;
}
