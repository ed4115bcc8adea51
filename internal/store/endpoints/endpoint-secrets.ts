import type { Uuid } from "../../domain/ids.ts";
import { type SecretBox, UnopenedSecret } from "../../secrets/box.ts";
import type { EnvelopeBox } from "../../secrets/envelope-box.ts";
import type { WebhookEndpointRow } from "../models/webhook-endpoint.ts";
import type { WebhookEndpointSecretRow } from "../models/webhook-endpoint-secret.ts";
import { formerPlace, headersPlace, signingPlace } from "./secret-place.ts";

type SealedSecret = Pick<WebhookEndpointSecretRow, "version" | "sealed">;

type Owner = { id: Uuid; workspaceId: Uuid };

/** Header values by name. */
type HeaderValues = Readonly<Record<string, string>>;

type HeaderColumns = Pick<WebhookEndpointRow, "headerNames" | "headers" | "headersVersion">;

/** What an endpoint keeps sealed: its signing secrets and the values of its headers. Throws as SecretBox does. */
export class EndpointSecrets {
  readonly #box: SecretBox;

  constructor(box: SecretBox) {
    this.#box = box;
  }

  seal(owner: Owner, version: number, secret: string): Promise<Buffer> {
    return this.#box.seal(Buffer.from(secret), signingPlace(owner, version));
  }

  async open(owner: Owner, { version, sealed }: SealedSecret): Promise<string> {
    try {
      return (await this.#box.open(sealed, signingPlace(owner, version))).toString();
    } catch (error) {
      if (version !== 1 || !(error instanceof UnopenedSecret)) throw error;
      // A first secret may have come from the endpoint's row; if that is not it, the first complaint stands.
      const former = await this.#box.open(sealed, formerPlace(owner)).catch(() => undefined);
      if (former) return former.toString();
      throw error;
    }
  }

  /** The same secret under the current key; one that was sealed for its former place is for this one from then on. */
  async rewrapped(box: EnvelopeBox, owner: Owner, secret: SealedSecret): Promise<Buffer> {
    const { version, sealed } = secret;
    try {
      return await box.rewrap(sealed, signingPlace(owner, version));
    } catch (error) {
      if (version !== 1 || !(error instanceof UnopenedSecret)) throw error;
      return this.seal(owner, version, await this.open(owner, secret));
    }
  }

  /** The columns that keep a new endpoint's headers. */
  newHeaders(owner: Owner, values: HeaderValues): Promise<HeaderColumns> {
    return this.#headers(owner, 1, values);
  }

  /** The columns after a change; an empty value stands for the one that is kept. */
  async changedHeaders(row: WebhookEndpointRow, wanted: HeaderValues): Promise<HeaderColumns> {
    const kept = Object.values(wanted).includes("") ? await this.openHeaders(row) : {};
    const entries = Object.entries(wanted).map(([name, value]) => [name, value || (kept[name] ?? "")]);
    return this.#headers(row, row.headersVersion + 1, Object.fromEntries(entries));
  }

  async openHeaders(row: WebhookEndpointRow): Promise<HeaderValues> {
    if (!row.headers) return {};
    const values = await this.#box.open(row.headers, headersPlace(row, row.headersVersion));
    return JSON.parse(values.toString()) as HeaderValues;
  }

  async #headers(owner: Owner, headersVersion: number, values: HeaderValues): Promise<HeaderColumns> {
    const headerNames = Object.keys(values);
    if (headerNames.length === 0) return { headerNames, headers: null, headersVersion };
    const place = headersPlace(owner, headersVersion);
    return { headerNames, headers: await this.#box.seal(Buffer.from(JSON.stringify(values)), place), headersVersion };
  }
}
