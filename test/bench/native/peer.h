// The outside world of the bench in one cheap process: a receiver (its own thread) and a load generator.
#ifndef PEER_H
#define PEER_H
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

// Events are numbered from 0 by the load generator; what comes after this many is not followed.
enum { MAX_EVENTS = 1 << 23 };

// Wall clock in microseconds: it travels in the event's data and comes back with the delivery.
int64_t now_us(void);

// --- the receiver (sink.c)
// Listens on 127.0.0.1:*port (0: any free one) and serves in a thread. Exits the process when it cannot.
void sink_start(int *port);
// Answered deliveries, each event counted once.
extern atomic_long sink_distinct;
void sink_reset(void);
void sink_print_stats(void);

// --- the load (load.c)
struct load {
  const char *protocol;  // http, grpc or batch
  int port;
  const char *key;  // API key
  int connections;
  int streams;       // calls under way on one gRPC connection
  int batch;         // events in one call, with protocol batch
  double rate;       // events per second; 0: as fast as answers come
  int window;        // with rate 0: events under way between publish and delivery, at most
  double seconds;    // how long
  int bytes;         // of an event's data
  int healthy;       // per cent of events with type bench.ok; the others are bench.hang.<i>
  int hang_types;    // how many of those
};
void load_run(const struct load *load);

// One event's type and JSON data. Answers the data's length.
struct event {
  char type[32];
  int data_length;
  char data[8192];
};
void event_make(struct event *event, const struct load *load, long number, int64_t sent_us);

// --- a connection of the load, and what the two protocols do with it (http1.c, h2.c)
struct buffer {
  char *bytes;
  size_t length, start, capacity;
};
void buffer_add(struct buffer *buffer, const void *bytes, size_t length);
void buffer_take(struct buffer *buffer, size_t length);
static inline char *buffer_at(struct buffer *buffer) { return buffer->bytes + buffer->start; }
static inline size_t buffer_left(const struct buffer *buffer) { return buffer->length - buffer->start; }

struct call {
  int64_t started;  // 0: free
  int events;
  uint32_t stream;
  struct buffer answer;
};
struct connection {
  int fd;
  int under_way;  // calls
  struct buffer in, out;
  struct call *calls;
  uint32_t next_stream;
  // HTTP/2 only: what the server takes now, and what waits for it to take more.
  int64_t send_window;
  struct buffer body;
  uint32_t body_stream;
};
struct protocol {
  int (*calls)(const struct load *load);  // how many may be under way on one connection
  void (*open)(struct connection *connection, const struct load *load);
  // 0: no room now
  int (*publish)(struct connection *connection, const struct load *load, const struct event *events, int count);
  // Reads what is complete in `in`; tells call_done. 0: the connection is of no use any more.
  int (*read)(struct connection *connection, const struct load *load);
};
extern const struct protocol http1, h2;
void call_done(struct connection *connection, struct call *call, int accepted, const char *complaint, int length);

#endif
