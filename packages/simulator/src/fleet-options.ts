import type { DeviceClock, LightOptions, Transfer } from "@heliograph/agent";
import type { Listening } from "@heliograph/agent/node";
import type { DeviceKey, StunAddress } from "@heliograph/protocol";
import type { Mix } from "./mix.ts";
import type { DeviceKind } from "./models/device-kind.ts";
import type { TransferTroubleShares } from "./transfer-trouble.ts";
import type { TroubleShares } from "./trouble.ts";
import type { Weakness } from "./weakness.ts";

/** Which devices there are, how fast they come, and what they do. */
export interface FleetOptions {
  readonly acsUrl: string;
  readonly devices: number;
  /** What they speak. Half of them `cwmp.json` where not given, the others classic CWMP alone. */
  readonly mix?: Mix;
  /** What they may be; anything where not given. */
  readonly kinds?: readonly DeviceKind[];
  /** How many are switched on a second. 50 where not given. */
  readonly rate?: number;
  /** How many may be on their way to their first Inform at once. 100 where not given. */
  readonly concurrency?: number;
  /** What all serial numbers begin with. "SIM" where not given. */
  readonly name?: string;
  /** Of one seed the fleet is always the same. 1 where not given. */
  readonly seed?: number;
  /** What a device logs in with until the ACS gives it credentials of its own. */
  readonly firstContact?: { readonly username: string; readonly password: string };
  /** What goes wrong on purpose; nothing where not given. */
  readonly troubles?: TroubleShares;
  /** What goes wrong with files on purpose; nothing where not given. */
  readonly transferTroubles?: TransferTroubleShares;
  /** How long after it has moved a file a late device tells of it. Two minutes where not given. */
  readonly transferLateMs?: number;
  /** Called with every file that a device has moved whole and applied. */
  readonly onMoved?: (device: DeviceKey, transfer: Transfer) => void;
  /** Parameters that each device has besides those of its kind, to be a large one. None where not given. */
  readonly tree?: number;
  /** What they cannot bear when they are read; anything where not given. */
  readonly weakness?: Weakness;
  /** How often a device that drops or reboots does so, on average. A minute where not given. */
  readonly troubleEveryMs?: number;
  /** How often an hour some value of each device changes by itself. 6 where not given. */
  readonly changesPerHour?: number;
  /** Seconds between periodic Informs until the ACS sets others. 300 where not given. */
  readonly informInterval?: number;
  /** Where devices remember what they were given, so that the same fleet can come again; without it they forget. */
  readonly stateFolder?: string;
  /** How the light ones speak light, besides what the mix says. */
  readonly light?: Omit<LightOptions, "subprotocols">;
  /** Where they listen for connection requests, all on one port. Loopback and any free port where not given. */
  readonly connectionRequests?: Listening;
  /** Where they are behind a NAT: the STUN server that they ask. Connection requests by HTTP then reach none of them. */
  readonly behindNat?: StunAddress;
  /** Certificate authorities in place of the system's, as PEM. */
  readonly ca?: string;
  readonly clock?: DeviceClock;
}
