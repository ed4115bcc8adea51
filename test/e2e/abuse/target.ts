import { readFileSync } from "node:fs";
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2, constants } from "node:http2";
import { connect, type Socket } from "node:net";
import { grpcClients } from "../../harness/grpc-clients.ts";
import { Road } from "../../harness/road.ts";

/** MiB that an api process may ever have held in memory: at rest about 180; 460 were measured after the worst. */
const peakMiB = 640;

/** One real api process, and ways to be unkind to it. */
export class Target implements AsyncDisposable {
  readonly road: Road;
  readonly #pid: number;
  readonly #grpc: ReturnType<typeof grpcClients>;

  private constructor(road: Road) {
    this.road = road;
    this.#pid = this.#api.pid;
    this.#grpc = grpcClients(this.#api.grpc, road.tenant.workspaceKey);
  }

  static async start(options: Parameters<typeof Road.start>[0] = {}): Promise<Target> {
    return new Target(await Road.start({ deliveries: 0, ...options }));
  }

  get #api() {
    const [api] = this.road.system.apis;
    if (api === undefined) throw new Error("there is no api");
    return api;
  }

  /**
   * What must hold after every attack: the same process answers over both protocols, and it never held much.
   *
   * @throws Error when it does not
   */
  async stands(): Promise<void> {
    await this.road.publish();
    await this.#grpc.events.publishEvent({ eventType: "still.there", data: Buffer.from("1") });
    if (this.#api.pid !== this.#pid) throw new Error("the api is another process than before");
    const peak = this.#peakMiB();
    // NaN, where there is no such file to read, is no proof either.
    if (!(peak < peakMiB)) throw new Error(`the api has held ${peak} MiB; ${peakMiB} is the bound`);
  }

  /** From the kernel: whatever was held at any moment since the start. */
  #peakMiB(): number {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${this.#pid}/status`, "utf8")) ?? [];
    return Number(kilobytes) / 1024;
  }

  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.#api.metrics}/metrics`)).text();
    const line = text.split("\n").find((one) => one.startsWith(`${name} `));
    return Number(line?.split(" ").at(-1) ?? 0);
  }

  /** A bare connection to the HTTP or the gRPC port. */
  socket(protocol: "http" | "grpc"): Socket {
    const { hostname, port } = new URL(protocol === "http" ? this.#api.http : `http://${this.#api.grpc}`);
    // What the server does to it is what is looked at; an error is one way of being closed.
    return connect({ host: hostname, port: Number(port) }).on("error", () => {});
  }

  /** An HTTP/2 connection to the gRPC port that follows no rule of gRPC by itself. */
  session(): ClientHttp2Session {
    return connectHttp2(`http://${this.#api.grpc}`, { maxSessionMemory: 1_000 }).on("error", () => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#grpc.close();
    await this.road[Symbol.asyncDispose]();
  }
}

const publish = "/sealpost.v1.EventService/PublishEvent";

/** Begins a call by hand; its body is the caller's to send. */
export function beginCall(session: ClientHttp2Session, path = publish, headers: object = {}): ClientHttp2Stream {
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });
  return stream.on("error", () => {});
}

/** The five bytes before a gRPC message. */
export function frameHeader(length: number, compressed = 0): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt8(compressed, 0);
  header.writeUInt32BE(length, 1);
  return header;
}

/** How a call ended: its gRPC status and message, or how its stream was reset. */
export function endOf(stream: ClientHttp2Stream): Promise<{ status?: number; message?: string; reset?: number }> {
  const { promise, resolve } = Promise.withResolvers<{ status?: number; message?: string; reset?: number }>();
  const said = (headers: Record<string, unknown>) => {
    if (headers["grpc-status"] === undefined) return;
    resolve({ status: Number(headers["grpc-status"]), message: decodeURI(String(headers["grpc-message"])) });
  };
  stream.on("response", said).on("trailers", said);
  stream.once("close", () => resolve({ reset: stream.rstCode ?? constants.NGHTTP2_NO_ERROR }));
  stream.resume();
  return promise;
}

/** Everything that comes back until the server closes. */
export function answerOn(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.once("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
  return promise;
}
