import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { constants, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import { status } from "@grpc/grpc-js";
import { openLimits, unfinishedLimits } from "./limits.ts";
import { type Connection, RequestBudget, type Shed } from "./request-budget.ts";

const channel = "http2.server.stream.start";

/**
 * Bounds what the streams of a port hold. grpc-js shows its streams to nobody; Node's diagnostics channel does, before
 * grpc-js has them.
 *
 * @returns what ends it
 */
export function watchStreams(port: number, onShed: (shed: Shed) => void): () => void {
  const unfinished = new RequestBudget(unfinishedLimits, onShed);
  const open = new RequestBudget(openLimits, onShed);
  const connections = new WeakMap<ServerHttp2Session, Connection>();

  function onStart(message: unknown): void {
    const { stream, headers } = message as { stream: ServerHttp2Stream; headers: IncomingHttpHeaders };
    const session = stream.session as ServerHttp2Session | undefined;
    if (session === undefined) return;
    let connection = connections.get(session);
    if (connection === undefined) {
      if (session.socket.localPort !== port) return;
      connection = connectionOf(session);
      connections.set(session, connection);
    }
    let held = sizeOf(headers);
    const request = { connection, held: () => held, expire: () => expire(stream) };
    unfinished.begin(request);
    open.begin(request);
    // grpc-js pauses and resumes the stream as it likes; this only counts what passes.
    stream.on("data", (chunk: Buffer) => {
      held += chunk.length;
    });
    stream.once("end", () => unfinished.end(request));
    stream.once("close", () => {
      unfinished.end(request);
      open.end(request);
    });
  }

  subscribe(channel, onStart);
  return () => {
    unsubscribe(channel, onStart);
    unfinished.stop();
    open.stop();
  };
}

function connectionOf(session: ServerHttp2Session): Connection {
  const peer = session.socket.remoteAddress ?? "unknown";
  return {
    peer,
    close() {
      session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      session.destroy();
    },
  };
}

function sizeOf(headers: IncomingHttpHeaders): number {
  let size = 0;
  for (const name in headers) size += name.length + String(headers[name]).length;
  return size;
}

/** A complete answer, and then nothing more is read (RFC 9113 §8.1). */
function expire(stream: ServerHttp2Stream): void {
  if (stream.closed) return;
  if (!stream.headersSent) {
    const said = {
      ":status": 200,
      "content-type": "application/grpc+proto",
      "grpc-status": status.DEADLINE_EXCEEDED,
      "grpc-message": "the request did not become whole in time: send it without a pause",
    };
    stream.respond(said, { endStream: true });
  }
  stream.close(constants.NGHTTP2_NO_ERROR);
}
