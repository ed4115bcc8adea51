import type { ApiRefusal } from "../controller/ports.ts";
import type { ClientName } from "../tls/client-certificate.ts";

/** Whom a client calls. */
export interface Called {
  url: string;
  /** Whose settings say so: those with this in front. */
  client: ClientName;
}

const pods = "look whether its pods are ready, and at what they log";

/** What is said of a connection, by gRPC or below it, in words, and what to look at. The first that fits counts. */
const causes: [sign: RegExp, words: (client: ClientName) => string][] = [
  [/^no answer in time/, () => `no answer in time: ${pods}; does a network policy let this call through?`],
  [
    /^Name resolution failed/,
    (client) => `nothing has this name: is ${client}_API_URL right, and is the API's Service there?`,
  ],
  [/ECONNREFUSED/, (client) => `nobody listens there: ${pods}; is ${client}_API_URL right?`],
  [
    /EHOSTUNREACH|ENETUNREACH|ETIMEDOUT/,
    (client) => `no way leads there: is ${client}_API_URL right, and does a network policy let this call through?`,
  ],
  [
    /wrong version number|packet length too long/,
    (client) => `what listens there does not speak TLS: is it http:// in ${client}_API_URL?`,
  ],
  [
    /certificate required|bad certificate|unknown ca/,
    (client) => `it wants a certificate that it trusts: ${client}_API_CLIENT_CERT_FILE has the one that is shown`,
  ],
  [
    /certificate|altnames/i,
    (client) => `its certificate is not trusted: ${client}_API_CA_FILE has the authorities that may sign it`,
  ],
  [
    /^Protocol error|^Failed to connect|ECONNRESET/,
    (client) => `what listens there breaks off: is ${client}_API_URL right, with its port and https:// or http://?`,
  ],
];

/** Why a call had no success, as after "the API at …: ". What the API says itself, with a reason, stands as it is. */
export function whyNot({ reason, message }: ApiRefusal, { client }: Called): string {
  const cause = reason === "" ? causes.find(([sign]) => sign.test(message)) : undefined;
  if (!cause) return `it says: ${message}`;
  // Of the system, of Node.js or of OpenSSL, which adds where in its source; gRPC's own words say no more.
  const below = /^connect |certificate|altnames|SSL routines/i.test(message);
  const [, detail = message] = /SSL routines:\w*:([^:]+)/.exec(message) ?? [];
  return below ? `${cause[1](client)} (${detail})` : cause[1](client);
}
