import path from "node:path";
import { expect, it } from "@jest/globals";
import { readSettings, SettingsError } from "../../../internal/config/read.ts";
import { readServerCertificate } from "../../../internal/tls/server-certificate.ts";
import { Mount, pem } from "./certificates.ts";

const certs = path.join(import.meta.dirname, "certs");
const files = (cert: string, key: string, clientCa = "") => ({
  TLS_CERT_FILE: path.join(certs, cert),
  TLS_KEY_FILE: path.join(certs, key),
  TLS_CLIENT_CA_FILE: clientCa && path.join(certs, clientCa),
});

it("takes a certificate with its key, and says when it ends", () => {
  const { certificate, problems } = readServerCertificate(files("server-1.pem", "server-1.key", "clients-1.pem"));
  expect(problems).toBeUndefined();
  expect(certificate?.notAfter.getUTCFullYear()).toBe(2126);
  expect(certificate?.context.minVersion).toBe("TLSv1.2");
});

it.each([
  ["a missing certificate", files("none.pem", "server-1.key"), /^TLS_CERT_FILE .*none\.pem does not exist$/],
  ["a folder", files("../certs", "server-1.key"), /^TLS_CERT_FILE .*cannot be read \(EISDIR\)/],
  ["a key as a certificate", files("server-1.key", "server-1.key"), /^TLS_CERT_FILE .*holds no certificate/],
  ["a certificate as a key", files("server-1.pem", "server-1.pem"), /^TLS_KEY_FILE .*holds no private key/],
  ["a key under a passphrase", files("server-1.pem", "locked.key"), /^TLS_KEY_FILE .*without a passphrase/],
  ["another one's key", files("server-1.pem", "server-2.key"), /^TLS_KEY_FILE .*not the key of the certificate/],
  ["a client as an authority", files("server-1.pem", "server-1.key", "client-1.pem"), /^TLS_CLIENT_CA_FILE .*authorit/],
  [
    "an expired certificate",
    files("../../egress/certs/expired.pem", "../../egress/certs/expired.key"),
    /^TLS_CERT_FILE .*expired at 2021-.*renew it$/,
  ],
])("refuses %s, and names the setting", (_, given, problem) => {
  expect(readServerCertificate(given)).toEqual({ problems: [expect.stringMatching(problem)] });
});

it("refuses one that is not valid yet", () => {
  const { problems } = readServerCertificate(files("server-1.pem", "server-1.key"), new Date("2020-01-01T00:00:00Z"));
  expect(problems).toEqual([expect.stringMatching(/^TLS_CERT_FILE .*is not valid before 20/)]);
});

it("reads a certificate with its chain; the first that ends is what counts", () => {
  const mount = new Mount("server-1");
  mount.write({
    "tls.crt": Buffer.concat([pem("server-1.pem"), pem("../../egress/certs/expired.pem")]),
    "tls.key": pem("server-1.key"),
  });
  expect(readServerCertificate(mount.files).problems).toEqual([expect.stringMatching(/expired at 2021/)]);
});

it("is told with everything else that is wrong with the settings", () => {
  const names = ["SEALPOST_MODE", "GRPC_PORT", "TLS_CERT_FILE", "TLS_KEY_FILE", "TLS_CLIENT_CA_FILE"] as const;
  const env = { ...files("none.pem", "none.key"), GRPC_PORT: "many" };
  expect(() => readSettings(names, { env })).toThrow(SettingsError);
  expect(() => readSettings(names, { env })).toThrow(/GRPC_PORT[^]*TLS_CERT_FILE[^]*TLS_KEY_FILE/);
});
