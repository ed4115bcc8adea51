/** Names of the services that tell a machine in a cloud who it is, and with which keys. */
const metadataNames = [
  "metadata.google.internal",
  "metadata.goog",
  "metadata.azure.internal",
  "instance-data.ec2.internal",
  "metadata.tencentyun.com",
  "metadata.packet.net",
  "metadata.platformequinix.com",
  "metadata",
  "instance-data",
];

/** Endings that no public name has, and what they stand for. */
const privateEndings: Readonly<Record<string, string>> = {
  localhost: "this machine, RFC 6761",
  localdomain: "this machine",
  "cluster.local": "the cluster",
  local: "the local network, RFC 6762",
  internal: "private networks, reserved by ICANN",
  "home.arpa": "the home network, RFC 8375",
  arpa: "the network's own records, RFC 3172",
  lan: "the local network",
  home: "the local network",
  corp: "the company's network",
  intranet: "the company's network",
  private: "private networks",
  svc: "the cluster",
  pod: "the cluster",
  cluster: "the cluster",
};

/** A host's name as it is compared: lower case, without the dot of the root. */
export function plainName(host: string): string {
  return host.toLowerCase().replace(/\.$/, "");
}

/** Whether `name` is `suffix` or ends in it, label by label. Both plain. */
export function isUnder(name: string, suffix: string): boolean {
  return name === suffix || name.endsWith(`.${suffix}`);
}

/** Why no host has this name; undefined when one can (RFC 1035 §2.3.4; the underscore is met in practice). */
export function whyNoName(name: string): string | undefined {
  if (name.length > 253) return `is a name of ${name.length} characters: DNS has at most 253`;
  for (const label of name.split(".")) {
    if (label === "") return "has an empty part in its name";
    if (label.length > 63) return `has a part of ${label.length} characters in its name: DNS has at most 63`;
    if (!/^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/.test(label)) {
      return "has a part in its name that is not letters, digits and inner hyphens";
    }
  }
  return undefined;
}

/** `metadata.google.internal is a metadata service`; undefined for other names. Takes plain names. */
export function whyMetadata(name: string): string | undefined {
  return metadataNames.some((known) => isUnder(name, known)) ? `${name} is a metadata service` : undefined;
}

/** `api.default.svc ends in .svc (the cluster)`; undefined: it may be a name of the public DNS. Takes plain names. */
export function whyNotPublicName(name: string): string | undefined {
  const ending = Object.keys(privateEndings).find((known) => isUnder(name, known));
  if (ending === name) return `${name} is a name of ${privateEndings[ending]}`;
  if (ending !== undefined) return `${name} ends in .${ending} (${privateEndings[ending]})`;
  return name.includes(".") ? undefined : `${name} is a single word, which means something else in every network`;
}
