import { type Timestamp, timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { invalidArgument } from "../../domain/errors.ts";

/** 0001-01-01 and 9999-12-31, the bounds of google.protobuf.Timestamp, in seconds since the epoch. */
const firstSecond = -62_135_596_800n;
const lastSecond = 253_402_300_799n;

/**
 * A time of a request, to the millisecond.
 *
 * @throws DomainError INVALID_ARGUMENT when it is out of Timestamp's range (gRPC carries any numbers)
 */
export function readTime(field: string, timestamp: Timestamp | undefined): Date | undefined {
  if (timestamp === undefined) return undefined;
  const { seconds, nanos } = timestamp;
  if (seconds < firstSecond || seconds > lastSecond || nanos < 0 || nanos > 999_999_999) {
    throw invalidArgument({ field, description: "must be a time between the years 1 and 9999" });
  }
  return timestampDate(timestamp);
}

/** A time of an answer; nothing for null. */
export function showTime<Name extends string>(name: Name, date: Date | null): { [N in Name]?: Timestamp } {
  return (date === null ? {} : { [name]: timestampFromDate(date) }) as { [N in Name]?: Timestamp };
}
