import { describe, expect, it } from "@jest/globals";
import { formatId, newUuid } from "./ids.ts";
import { type DeliveryMessage, deliveryInLog } from "./message.ts";

describe("a delivery in the log", () => {
  const message = { deliveryId: newUuid() } as DeliveryMessage;
  const deliveryId = formatId("delivery", message.deliveryId);

  it("has the id that a reader of the API knows, and its trace when it has one", () => {
    expect(deliveryInLog(message)).toEqual({ deliveryId });
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    expect(deliveryInLog({ ...message, traceparent })).toEqual({
      deliveryId,
      traceId: "0af7651916cd43dd8448eb211c80319c",
    });
  });
});
