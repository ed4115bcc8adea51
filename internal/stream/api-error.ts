import { NatsError } from "nats";

/** JetStream's error codes that this adapter tells apart (nats-server, server/errors.json). */
export const apiErrors = {
  accountResourcesExceeded: 10002,
  consumerNotFound: 10014,
  insufficientResources: 10023,
  maximumConsumers: 10026,
  memoryResourcesExceeded: 10028,
  messageNotFound: 10037,
  storageResourcesExceeded: 10047,
  messageTooLarge: 10054,
  streamNameInUse: 10058,
  streamNotFound: 10059,
  storeFailed: 10077,
  consumerExists: 10148,
} as const;

/** The code of an error that the JetStream API answered; undefined for any other error. */
export function apiErrorCode(error: unknown): number | undefined {
  return error instanceof NatsError ? error.api_error?.err_code : undefined;
}

/** The answer, or undefined when the API says with one of these codes that there is none. @throws every other error. */
export async function unless<T>(asked: Promise<T>, ...codes: number[]): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (codes.includes(apiErrorCode(error) ?? 0)) return undefined;
    throw error;
  }
}
