import {
  create,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import grpc from "@grpc/grpc-js";
import type { ClientCertificate } from "../tls/client-certificate.ts";
import { refusalOf } from "./refusals.ts";

export interface ChannelOptions {
  /** `https://host:port`, or `http://host:port` for plain text. */
  url: string;
  /** For https. */
  tls: ClientCertificate;
  /** A company key. */
  key: string;
  /** Of one call, in ms. [10 s] */
  timeoutMs?: number;
}

const callMs = 10_000;
/** An API that was away is asked again after at most this long, in ms; gRPC's own bound is two minutes. */
const longestReconnectMs = 5_000;
/** Connections that a peer left without a word are noticed, in ms: a call every few minutes would not. */
const keepaliveMs = 30_000;

/** One connection to the API of Sealpost, over which every call goes with the same key. */
export class Channel {
  readonly #url: URL;
  #client: grpc.Client;
  readonly #metadata = new grpc.Metadata();
  readonly #timeoutMs: number;

  /** @throws TypeError when the URL is none */
  constructor({ url, tls, key, timeoutMs = callMs }: ChannelOptions) {
    this.#url = new URL(url);
    this.#client = connect(this.#url, tls);
    this.useKey(key);
    this.#timeoutMs = timeoutMs;
  }

  /** @throws ApiRefusal for every answer that is not a success, none at all included */
  call<M extends DescMethodUnary>(
    method: M,
    request: MessageInitShape<M["input"]>,
  ): Promise<MessageShape<M["output"]>> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        `/${method.parent.typeName}/${method.name}`,
        (message: MessageShape<M["input"]>) => Buffer.from(toBinary(method.input as M["input"], message)),
        (bytes: Buffer) => fromBinary(method.output as M["output"], bytes),
        create(method.input as M["input"], request),
        this.#metadata,
        { deadline: Date.now() + this.#timeoutMs },
        (error, answer) => {
          if (error) reject(refusalOf(error));
          else resolve(answer as MessageShape<M["output"]>);
        },
      );
    });
  }

  /** Makes new connections with another certificate; calls that are under way keep theirs. */
  renew(tls: ClientCertificate): void {
    const before = this.#client;
    this.#client = connect(this.#url, tls);
    setTimeout(() => before.close(), this.#timeoutMs).unref();
  }

  /** Calls go with another key from now on. */
  useKey(key: string): void {
    this.#metadata.set("authorization", `Bearer ${key}`);
  }

  close(): void {
    this.#client.close();
  }
}

function connect({ protocol, hostname, port }: URL, { authorities, pair }: ClientCertificate): grpc.Client {
  const secure = protocol === "https:";
  const credentials = secure
    ? grpc.credentials.createSsl(authorities, pair?.key, pair?.cert)
    : grpc.credentials.createInsecure();
  return new grpc.Client(`dns:${hostname}:${port || (secure ? 443 : 80)}`, credentials, {
    "grpc.max_reconnect_backoff_ms": longestReconnectMs,
    "grpc.keepalive_time_ms": keepaliveMs,
    "grpc.service_config": JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
  });
}
