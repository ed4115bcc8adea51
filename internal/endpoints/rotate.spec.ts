import { describe, expect, it } from "@jest/globals";
import type { Endpoint } from "../domain/entities.ts";
import { newUuid } from "../domain/ids.ts";
import { newSecretFor } from "../signing/signing-key.ts";
import type { RotateSecretInput } from "./api.ts";
import { type LiveKey, rotationFor } from "./rotate.ts";

const hour = 3_600_000;
const wanted: RotateSecretInput = {
  webhookId: "",
  secret: "",
  signatureScheme: undefined,
  overlapMs: undefined,
  compromised: false,
};
const liveKey = (leftMs: number | null): LiveKey => ({ id: newUuid(), secret: newSecretFor("HMAC_SHA256"), leftMs });
const [current, older, oldest] = [liveKey(null), liveKey(2 * hour), liveKey(hour)];

function rotate(input: Partial<RotateSecretInput>, live: LiveKey[] = [current], scheme = "HMAC_SHA256") {
  return rotationFor({ ...wanted, ...input }, { keys: [{ scheme }] } as Endpoint, live);
}

describe("a rotation", () => {
  it("makes a new secret of the same scheme, and lets the old one sign for a day", () => {
    const { add, ends } = rotate({}) ?? {};
    expect(add?.secret).toMatch(/^whsec_/);
    expect(add?.key).toMatchObject({ scheme: "HMAC_SHA256", publicKey: null, expiresAt: null });
    expect(ends).toEqual(new Map([[current.id, 24 * hour]]));
    expect(rotate({}, [current], "ED25519")?.add?.secret).toMatch(/^whsk_/);
  });

  it("takes the caller's secret and overlap, and changes the scheme where that is asked", () => {
    const secret = newSecretFor("ED25519");
    const { add, ends } = rotate({ secret, overlapMs: 7 * 24 * hour }) ?? {};
    expect(add).toMatchObject({ secret, key: { scheme: "ED25519", publicKey: expect.stringMatching(/^whpk_/) } });
    expect(ends?.get(current.id)).toBe(7 * 24 * hour);
    expect(rotate({ signatureScheme: "ED25519" })?.add?.secret).toMatch(/^whsk_/);
  });

  it("to the current value is nothing, so that a caller who did not hear the answer may ask again", () => {
    expect(rotate({ secret: current.secret ?? "" }, [current, older])).toBeUndefined();
    // Unless the old ones are to end now.
    expect(rotate({ secret: current.secret ?? "", compromised: true }, [current, older])).toEqual({
      add: undefined,
      ends: new Map([[older.id, 0]]),
    });
  });

  it("back to an older value ends that one, so that it does not sign twice", () => {
    const { add, ends } = rotate({ secret: older.secret ?? "" }, [current, older, oldest]) ?? {};
    expect(add?.secret).toBe(older.secret);
    expect(ends).toEqual(new Map([[older.id, 0], [current.id, 24 * hour]])); // biome-ignore format: short
  });

  it("ends all old secrets at once when they are compromised", () => {
    const { ends } = rotate({ compromised: true }, [current, older, oldest]) ?? {};
    expect(ends).toEqual(new Map([older, oldest, current].map(({ id }) => [id, 0])));
  });

  it("replaces a secret that cannot be opened", () => {
    const lost = { ...current, secret: undefined };
    expect(rotate({ compromised: true }, [lost])?.add).toBeDefined();
  });

  it("keeps its promise to three secrets rather than ending one early, and says when there is room", () => {
    const three = [current, older, oldest];
    const until = new Date(Date.now() + hour).toISOString().slice(0, 13);
    expect(() => rotate({}, three)).toThrow(
      expect.objectContaining({
        status: "FAILED_PRECONDITION",
        reason: "TOO_MANY_SECRETS",
        message: expect.stringContaining(until),
      }),
    );
    expect(rotate({ overlapMs: 0 }, three)?.ends).toEqual(new Map([[current.id, 0]]));
    expect(rotate({}, [current, older])).toBeDefined();
  });

  it.each<[Partial<RotateSecretInput>, string, RegExp]>([
    [{ overlapMs: -1 }, "overlap", /0s to 604800s/],
    [{ overlapMs: 7 * 24 * hour + 1 }, "overlap", /0s to 604800s/],
    [{ overlapMs: 1, compromised: true }, "overlap", /ends at once/],
    [{ secret: "short" }, "secret", /must start with "whsec_"/],
    [{ secret: newSecretFor("HMAC_SHA256"), signatureScheme: "ED25519" }, "secret", /must start with "whsk_"/],
  ])("refuses %j", (input, field, says) => {
    expect(() => rotate(input)).toThrow(
      expect.objectContaining({
        status: "INVALID_ARGUMENT",
        details: { fieldViolations: [{ field, description: expect.stringMatching(says) }] },
      }),
    );
  });
});
