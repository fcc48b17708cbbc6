import type { DeviceKey } from "@heliograph/protocol";
import type { ConnectionId } from "./ids.ts";

export interface Disconnect {
  readonly connection: ConnectionId;
  /** A close code of the light transport [LIGHT 2]. */
  readonly code: number;
  readonly reason: string;
}

export interface Probe {
  readonly connection: ConnectionId;
}

export interface Rouse {
  readonly device: DeviceKey;
  readonly connection: ConnectionId;
}
