// Publishing over HTTP/1.1 keep-alive: one call at a time on a connection.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "peer.h"

static int calls(const struct load *load) {
  (void)load;
  return 1;
}

static void open(struct connection *connection, const struct load *load) {
  (void)connection;
  (void)load;
}

static int publish(struct connection *connection, const struct load *load, const struct event *events, int count) {
  char body[9216], head[1024];
  int length = snprintf(body, sizeof body, "{\"eventType\":\"%s\",\"data\":%.*s}", events->type, events->data_length, events->data);
  int head_length = snprintf(head, sizeof head,
                             "POST /v1/events HTTP/1.1\r\nhost: 127.0.0.1:%d\r\nauthorization: Bearer %s\r\n"
                             "content-type: application/json\r\ncontent-length: %d\r\n\r\n",
                             load->port, load->key, length);
  buffer_add(&connection->out, head, head_length);
  buffer_add(&connection->out, body, length);
  connection->calls[0].started = now_us();
  connection->calls[0].events = count;
  connection->under_way++;
  return 1;
}

static int read_answer(struct connection *connection, const struct load *load) {
  (void)load;
  char *head = buffer_at(&connection->in);
  char *end = memmem(head, buffer_left(&connection->in), "\r\n\r\n", 4);
  if (!end) return 1;
  long content = 0;
  for (char *line = head; line < end;) {
    char *next = memmem(line, end + 2 - line, "\r\n", 2);
    if (strncasecmp(line, "content-length:", 15) == 0) content = strtol(line + 15, NULL, 10);
    line = next + 2;
  }
  size_t whole = end + 4 - head + content;
  if (buffer_left(&connection->in) < whole) return 1;
  int ok = strncmp(head + 8, " 200", 4) == 0;
  call_done(connection, &connection->calls[0], ok, end + 4, content);
  buffer_take(&connection->in, whole);
  return 1;
}

const struct protocol http1 = {calls, open, publish, read_answer};
