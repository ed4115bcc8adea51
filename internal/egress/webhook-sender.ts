import { createSecureContext } from "node:tls";
import type { SendResult, WebhookSender } from "../delivery/ports.ts";
import type { OutgoingRules } from "../network/outgoing-rules.ts";
import { ConnectionPool } from "./connection-pool.ts";
import { DeadlineSweeper } from "./deadline-sweeper.ts";
import { EgressFailure, errorMessage } from "./egress-failure.ts";
import { Exchange } from "./exchange.ts";
import { NameResolver } from "./name-resolver.ts";
import type { EgressProxy } from "./proxy.ts";
import { type Target, targetOf } from "./target.ts";

export interface WebhookSenderOptions {
  /** Where requests may go. */
  rules: Pick<OutgoingRules, "refuseHost" | "refuseAddress">;
  /** From the name's look-up to the answer's last byte, in ms. 10 s unless told. */
  deadlineMs?: number;
  /** 128 unless told. */
  connectionsPerOrigin?: number;
  /** Open connections that are not in use count too; 1,024 (about 40 MiB) unless told. */
  connections?: number;
  /** Certificate authorities in PEM, instead of Node's own. */
  certificateAuthorities?: string;
  /** The proxy that makes the connections; directly unless told. */
  proxy?: EgressProxy | undefined;
  /** Name servers, instead of the system's. */
  nameServers?: readonly string[];
}

export interface HttpWebhookSender extends WebhookSender {
  /** For metrics. */
  readonly inFlight: number;
  readonly connections: { origins: number; connections: number; idle: number };
  /** Closes all connections at once; what is in flight ends as INTERNAL. */
  close(): void;
}

/**
 * Sends webhooks over HTTP/1.1: no redirects, no inflating, one deadline for all of it, and a POST is written at most
 * once per `send`, never repeated on another connection.
 */
export function createWebhookSender(options: WebhookSenderOptions): HttpWebhookSender {
  const { rules, certificateAuthorities, nameServers = [] } = options;
  const deadlines = new DeadlineSweeper(options.deadlineMs ?? 10_000);
  const pool = new ConnectionPool({
    rules,
    proxy: options.proxy,
    resolver: new NameResolver(nameServers),
    secureContext: certificateAuthorities ? createSecureContext({ ca: certificateAuthorities }) : undefined,
    deadlineMs: deadlines.deadlineMs,
    perOrigin: options.connectionsPerOrigin ?? 128,
    total: options.connections ?? 1024,
  });
  return {
    get inFlight() {
      return deadlines.size;
    },
    get connections() {
      return pool.size;
    },
    send({ url, allowance, headers, body }) {
      return new Promise((resolve) => {
        let target: Target;
        try {
          target = targetOf(url);
        } catch (error) {
          return resolve(unsendable(error));
        }
        const exchange = new Exchange({ target, allowance, headers, body }, (result) => {
          deadlines.delete(exchange);
          resolve(result);
        });
        deadlines.add(exchange);
        pool.run(exchange);
      });
    },
    close: () => pool.close(),
  };
}

function unsendable(error: unknown): SendResult {
  return {
    outcome: error instanceof EgressFailure ? error.outcome : "INTERNAL",
    httpStatus: null,
    error: errorMessage(error),
    timing: { dnsMs: 0, connectMs: 0, tlsMs: 0, firstByteMs: 0, totalMs: 0 },
    response: null,
  };
}
