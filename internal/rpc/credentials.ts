import { ServerCredentials } from "@grpc/grpc-js";
import type { ServerTls } from "../tls/watched-certificate.ts";

/** A gRPC server's credentials, or plain text. With TLS, new connections have the certificate that is current. */
export function serverCredentials(tls: ServerTls | undefined): ServerCredentials {
  return tls === undefined ? ServerCredentials.createInsecure() : new FollowingCredentials(tls);
}

/** ms. Who does not shake hands in this time holds a connection for nothing. */
const handshakeTimeout = 10_000;

/** grpc-js swaps the context of a listening server, which leaves its connections and their calls alone. */
class FollowingCredentials extends ServerCredentials {
  constructor(tls: ServerTls) {
    super({ requestCert: tls.asksClients, rejectUnauthorized: tls.asksClients, handshakeTimeout }, tls.context);
    tls.onChange((context) => this.updateSecureContextOptions(context));
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}
