import type { Connection } from "./connection.ts";
import type { Topology } from "./topology.ts";

/** What consuming a region needs. */
export interface RegionRoute {
  connection: Connection;
  topology: Topology;
  /** Messages asked for or waiting in this process at most, for each stream. */
  prefetch: number;
  onError: (message: string, error: unknown) => void;
}
