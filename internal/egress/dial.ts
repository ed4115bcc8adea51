import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type SecureContext } from "node:tls";
import type { Allowance } from "../network/allowance.ts";
import type { OutgoingRules } from "../network/outgoing-rules.ts";
import { connectFailure, tlsFailure } from "./dial-failure.ts";
import { EgressFailure, ProxyFailure } from "./egress-failure.ts";
import type { NameResolver } from "./name-resolver.ts";
import type { EgressProxy } from "./proxy.ts";
import { showAddress, type Target } from "./target.ts";
import { Tunnel } from "./tunnel.ts";

export interface DialOptions {
  rules: Pick<OutgoingRules, "refuseHost" | "refuseAddress">;
  resolver: NameResolver;
  /** Certificate authorities to trust; Node's own when undefined. */
  secureContext: SecureContext | undefined;
  /** Undefined: connections are made directly. */
  proxy: EgressProxy | undefined;
}

type Done = (error: EgressFailure | null, socket: Socket | null) => void;

/** An address that does not answer leaves the rest of the attempt's time to the next one of the name. */
const nextAddressMs = 2000;

/**
 * Opens one connection: name, rules, TCP, TLS, each timed. It connects to the address that was checked, never to a
 * name, and to none when one of a name's addresses is refused, so that no turn of the answers leads elsewhere. The `lookup` hook of sockets would be skipped for literal addresses, and their `blockList` is ignored under TLS.
 */
export class Dial {
  phase: "dns" | "connect" | "tls" | "done" = "dns";
  /** The address being tried, with its port. */
  address = "";
  /** In milliseconds; 0 for what has not ended. */
  dnsMs = 0;
  connectMs = 0;
  tlsMs = 0;

  readonly #target: Target;
  readonly #allowance: Allowance;
  readonly #options: DialOptions;
  readonly #done: Done;
  readonly #tried: { address: string; error: unknown }[] = [];
  #socket: Socket | undefined;
  #tunnel: Tunnel | undefined;
  #nextAddress: NodeJS.Timeout | undefined;
  #phaseStartedAt = performance.now();

  constructor(target: Target, allowance: Allowance, options: DialOptions, done: Done) {
    this.#target = target;
    this.#allowance = allowance;
    this.#options = options;
    this.#done = done;
    const refusal = this.#refusal("refuseHost", target.host);
    // Never calls back within the constructor: the caller does not hold the Dial yet.
    if (refusal) queueMicrotask(() => this.#fail(refusal));
    else if (target.isAddress) queueMicrotask(() => this.#connectTo([target.host]));
    else {
      options.resolver.resolve(target.host).then(
        (addresses) => this.#resolved(addresses),
        (error) => this.#fail(error),
      );
    }
  }

  /** Whether our own proxy has not even taken the connection. */
  get waitsForProxy(): boolean {
    return this.phase === "connect" && this.#tunnel?.asked === false;
  }

  /** Ends it without calling back. */
  abort(): void {
    if (this.phase === "done") return;
    this.#end();
    this.#tunnel?.abort();
    this.#socket?.destroy();
  }

  #resolved(addresses: string[]): void {
    this.dnsMs = this.#lap();
    this.#connectTo(addresses);
  }

  #connectTo(addresses: string[]): void {
    if (this.phase === "done") return;
    for (const address of addresses) {
      const refusal = this.#refusal("refuseAddress", address);
      if (refusal) return this.#fail(refusal);
    }
    this.phase = "connect";
    this.#tryNext(addresses);
  }

  #refusal(ask: "refuseHost" | "refuseAddress", what: string): EgressFailure | undefined {
    const { host, secure } = this.#target;
    const reason = this.#options.rules[ask](what, { secure, allowance: this.#allowance });
    return reason === undefined ? undefined : new EgressFailure("BLOCKED", `${host} is refused: ${reason}`);
  }

  #tryNext(addresses: string[]): void {
    const [address, ...others] = addresses;
    if (address === undefined) return this.#fail(connectFailure(this.#tried));
    this.address = showAddress(address, this.#target.port);
    const { proxy } = this.#options;
    if (proxy && !proxy.bypasses(this.#target.host, address)) this.#tunnelTo(proxy, others);
    else this.#openTo(address, others);
  }

  #openTo(address: string, others: string[]): void {
    const options = { host: address, port: this.#target.port, noDelay: true, autoSelectFamily: false };
    const socket = this.#target.secure ? this.#startTls(options) : connectTcp(options);
    this.#socket = socket;
    this.#moveOnLater(others, () => socket.destroy(silent()));
    socket.once("connect", () => this.#connected(socket));
    socket.once("error", (error) => this.#socketFailed(error, others));
  }

  #tunnelTo(proxy: EgressProxy, others: string[]): void {
    const failed = (error: Error) => {
      clearTimeout(this.#nextAddress);
      this.#tried.push({ address: this.address, error });
      this.#tryNext(others);
    };
    const tunnel = new Tunnel(proxy, this.address, this.#options.secureContext, (error, socket) => {
      if (socket) this.#tunnelled(socket);
      else if (error instanceof ProxyFailure || others.length === 0) this.#fail(error as EgressFailure);
      else failed(error as EgressFailure);
    });
    this.#tunnel = tunnel;
    this.#moveOnLater(others, () => {
      tunnel.abort();
      failed(silent());
    });
  }

  #moveOnLater(others: string[], moveOn: () => void): void {
    if (others.length > 0) this.#nextAddress = setTimeout(moveOn, nextAddressMs);
  }

  #startTls(to: { socket: Socket } | { host: string; port: number }): Socket {
    const { host, isAddress } = this.#target;
    const { secureContext } = this.#options;
    return connectTls({
      ...to,
      // An address cannot be a server name; the certificate is then checked against the address itself.
      servername: isAddress ? "" : host.replace(/\.$/, ""),
      ALPNProtocols: ["http/1.1"],
      minVersion: "TLSv1.2",
      ...(secureContext && { secureContext }),
    }).once("secureConnect", () => this.#secured());
  }

  #connected(socket: Socket): void {
    clearTimeout(this.#nextAddress);
    this.connectMs = this.#lap();
    // What is connected to is what was checked, even if something in between rewrote it.
    const refusal = this.#refusal("refuseAddress", socket.remoteAddress ?? "");
    if (refusal) {
      socket.destroy();
      return this.#fail(refusal);
    }
    if (this.#target.secure) this.phase = "tls";
    else this.#succeed(socket);
  }

  /** The proxy was asked for the address that was checked; its own is none of the rules' business. */
  #tunnelled(socket: Socket): void {
    clearTimeout(this.#nextAddress);
    this.connectMs = this.#lap();
    if (!this.#target.secure) return this.#succeed(socket);
    this.phase = "tls";
    this.#socket = this.#startTls({ socket });
    this.#socket.once("error", (error) => this.#socketFailed(error, []));
  }

  #secured(): void {
    this.tlsMs = this.#lap();
    if (this.#socket) this.#succeed(this.#socket);
  }

  #socketFailed(error: Error, others: string[]): void {
    clearTimeout(this.#nextAddress);
    if (this.phase === "tls") return this.#fail(tlsFailure(this.#target.host, this.address, error));
    if (this.phase !== "connect") return;
    this.#tried.push({ address: this.address, error });
    this.#tryNext(others);
  }

  #succeed(socket: Socket): void {
    this.phase = "done";
    this.#done(null, socket);
  }

  #fail(error: EgressFailure): void {
    if (this.phase === "done") return;
    this.#end();
    this.#done(error, null);
  }

  /** The phase it was in took until now. */
  #end(): void {
    if (this.phase === "dns") this.dnsMs = this.#lap();
    else if (this.phase === "connect") this.connectMs ||= this.#lap();
    else if (this.phase === "tls") this.tlsMs = this.#lap();
    this.phase = "done";
    clearTimeout(this.#nextAddress);
  }

  #lap(): number {
    const now = performance.now();
    const lap = now - this.#phaseStartedAt;
    this.#phaseStartedAt = now;
    return lap;
  }
}

function silent(): Error {
  return Object.assign(new Error("no answer"), { code: "ETIMEDOUT" });
}
