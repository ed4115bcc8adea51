// Publishing over gRPC: as much of HTTP/2 (RFC 9113) and HPACK (RFC 7541) as a client with known headers needs.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"

enum { DATA = 0, HEADERS = 1, RST_STREAM = 3, SETTINGS = 4, PING = 6, GOAWAY = 7, WINDOW_UPDATE = 8 };
enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4 };
enum { MAX_FRAME = 16384, FIRST_WINDOW = 65535 };

static int calls(const struct load *load) { return load->streams; }

static void frame(struct buffer *out, int type, int flags, uint32_t stream, const void *payload, size_t length) {
  uint8_t head[9] = {length >> 16, length >> 8, length, type, flags, stream >> 24, stream >> 16, stream >> 8, stream};
  buffer_add(out, head, sizeof head);
  buffer_add(out, payload, length);
}

static void open(struct connection *connection, const struct load *load) {
  (void)load;
  static const uint8_t settings[] = {0, 2, 0, 0, 0, 0, 0, 4, 0x7f, 0xff, 0xff, 0xff};  // no push, endless windows
  static const uint8_t window[] = {0x7f, 0xff, 0, 0};
  buffer_add(&connection->out, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
  frame(&connection->out, SETTINGS, 0, 0, settings, sizeof settings);
  frame(&connection->out, WINDOW_UPDATE, 0, 0, window, sizeof window);
  connection->next_stream = 1;
  connection->send_window = FIRST_WINDOW;
}

// Literal with incremental indexing; lengths over 126 take a second byte.
static int literal(uint8_t *to, const char *value) {
  int length = strlen(value), at = 0;
  if (length < 127) to[at++] = length;
  else to[at++] = 127, to[at++] = length - 127;
  memcpy(to + at, value, length);
  return at + length;
}

// The first call of a connection puts its headers into the table, the others refer to them.
static int header_block(uint8_t *block, const struct load *load, int first) {
  if (!first) {
    static const uint8_t indexed[] = {0x83, 0x86, 0x80 | 66, 0x80 | 65, 0x80 | 64, 0x80 | 63, 0x80 | 62};
    memcpy(block, indexed, sizeof indexed);
    return sizeof indexed;
  }
  char authority[32], authorization[600];
  const char *method = strcmp(load->protocol, "batch") == 0 ? "BatchPublishEvents" : "PublishEvent";
  char path[64];
  snprintf(path, sizeof path, "/sealpost.v1.EventService/%s", method);
  snprintf(authority, sizeof authority, "127.0.0.1:%d", load->port);
  snprintf(authorization, sizeof authorization, "Bearer %.160s", load->key);
  int at = 0;
  block[at++] = 0x83;         // :method POST
  block[at++] = 0x86;         // :scheme http
  block[at++] = 0x40 | 4;     // :path
  at += literal(block + at, path);
  block[at++] = 0x40 | 1;     // :authority
  at += literal(block + at, authority);
  block[at++] = 0x40 | 31;    // content-type
  at += literal(block + at, "application/grpc");
  block[at++] = 0x40;
  at += literal(block + at, "te");
  at += literal(block + at, "trailers");
  block[at++] = 0x40 | 23;    // authorization
  return at + literal(block + at, authorization);
}

static int varint(uint8_t *to, uint32_t value) {
  int at = 0;
  for (; value > 127; value >>= 7) to[at++] = 0x80 | (value & 127);
  to[at++] = value;
  return at;
}

// PublishEventRequest: event_type = 1, data = 2.
static int encode(uint8_t *to, const struct event *event) {
  int type = strlen(event->type), at = 0;
  to[at++] = 0x0a;
  at += varint(to + at, type);
  memcpy(to + at, event->type, type);
  at += type;
  to[at++] = 0x12;
  at += varint(to + at, event->data_length);
  memcpy(to + at, event->data, event->data_length);
  return at + event->data_length;
}

// Sends of the call under way what the server's window takes; the rest follows its next update.
static void send_body(struct connection *connection) {
  for (;;) {
    size_t left = buffer_left(&connection->body), size = left < MAX_FRAME ? left : MAX_FRAME;
    if ((int64_t)size > connection->send_window) size = connection->send_window;
    if (size == 0) return;
    frame(&connection->out, DATA, size == left ? END_STREAM : 0, connection->body_stream, buffer_at(&connection->body), size);
    connection->send_window -= size;
    buffer_take(&connection->body, size);
  }
}

static int publish(struct connection *connection, const struct load *load, const struct event *events, int count) {
  static uint8_t message[FIRST_WINDOW], one[9216];
  if (buffer_left(&connection->body) > 0) return 0;
  size_t length = 5;
  int batch = strcmp(load->protocol, "batch") == 0;
  for (int i = 0; i < count; i++) {
    int size = encode(one, &events[i]);
    if (length + size + 5 > sizeof message) {
      fprintf(stderr, "a batch must stay below 64 KiB, the first window of a stream: fewer or smaller events\n");
      exit(1);
    }
    if (batch) {
      message[length++] = 0x0a;  // BatchPublishEventsRequest: events = 1
      length += varint(message + length, size);
    }
    memcpy(message + length, one, size);
    length += size;
  }
  message[0] = 0;
  for (int i = 0; i < 4; i++) message[1 + i] = (length - 5) >> (8 * (3 - i));

  struct call *call = connection->calls;
  while (call->started) call++;
  *call = (struct call){.started = now_us(), .events = count, .stream = connection->next_stream, .answer = call->answer};
  call->answer.start = call->answer.length = 0;
  connection->next_stream += 2;
  connection->under_way++;
  uint8_t block[1024];
  int block_length = header_block(block, load, call->stream == 1);
  frame(&connection->out, HEADERS, END_HEADERS, call->stream, block, block_length);
  buffer_add(&connection->body, message, length);
  connection->body_stream = call->stream;
  send_body(connection);
  return 1;
}

// An error is answered without a message. A batch has one result an event: events (1) or errors (2).
static int accepted_in(struct call *call, const struct load *load) {
  size_t length = buffer_left(&call->answer);
  if (length <= 5) return 0;
  if (strcmp(load->protocol, "batch") != 0) return 1;
  const uint8_t *at = (const uint8_t *)buffer_at(&call->answer) + 5, *end = at + length - 5;
  int accepted = 0;
  while (at < end && *at == 0x0a) {
    uint32_t size = 0;
    int shift = 0;
    do size |= (*++at & 127) << shift, shift += 7;
    while (*at & 128);
    at++;
    accepted += *at == 0x0a;
    at += size;
  }
  return accepted;
}

static struct call *call_of(struct connection *connection, const struct load *load, uint32_t stream) {
  for (int i = 0; i < load->streams; i++) {
    if (connection->calls[i].started && connection->calls[i].stream == stream) return &connection->calls[i];
  }
  return NULL;
}

static int take(struct connection *connection, const struct load *load, int type, int flags, uint32_t stream,
                const uint8_t *payload, size_t length) {
  struct call *call = stream ? call_of(connection, load, stream) : NULL;
  if (type == SETTINGS && !(flags & ACK)) frame(&connection->out, SETTINGS, ACK, 0, "", 0);
  if (type == PING && !(flags & ACK)) frame(&connection->out, PING, ACK, 0, payload, length);
  if (type == WINDOW_UPDATE && stream == 0) {
    connection->send_window += (payload[0] & 127) << 24 | payload[1] << 16 | payload[2] << 8 | payload[3];
    send_body(connection);
  }
  if (type == GOAWAY) return 0;
  if (!call) return 1;
  if (type == DATA) buffer_add(&call->answer, payload, length);
  if (type == RST_STREAM) call_done(connection, call, 0, "stream reset", 12);
  else if (flags & END_STREAM && (type == HEADERS || type == DATA)) {
    call_done(connection, call, accepted_in(call, load), "gRPC error", 10);
  }
  return 1;
}

static int read_frames(struct connection *connection, const struct load *load) {
  while (buffer_left(&connection->in) >= 9) {
    const uint8_t *head = (const uint8_t *)buffer_at(&connection->in);
    size_t length = head[0] << 16 | head[1] << 8 | head[2];
    if (buffer_left(&connection->in) < 9 + length) return 1;
    uint32_t stream = (head[5] & 127) << 24 | head[6] << 16 | head[7] << 8 | head[8];
    int useful = take(connection, load, head[3], head[4], stream, head + 9, length);
    buffer_take(&connection->in, 9 + length);
    if (!useful) return 0;
  }
  return 1;
}

const struct protocol h2 = {calls, open, publish, read_frames};
