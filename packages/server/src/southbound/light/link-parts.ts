import type { Channels } from "./channels/channels.ts";
import type { OwnChannels } from "./channels/own-channels.ts";
import type { GatewayPorts } from "../southbound-ports.ts";
import type { BindingWays, LightCodec } from "./codec.ts";
import type { LightOwner } from "./light-owner.ts";
import type { LightBounds } from "./light-settings.ts";
import type { Watches } from "./monitor/watches.ts";
import type { Transport } from "./transport.ts";

/** What all links of a gateway share. */
export interface LinkMeans<L> {
  readonly ports: GatewayPorts;
  readonly bounds: LightBounds;
  readonly channels: Channels;
  readonly watches: Watches;
  /** Whether the gateway ends: no device is called any more. */
  readonly isDraining: () => boolean;
  /** A call or a request of the device is over. */
  readonly onSettled: () => void;
  /** The connection is over; its socket may take a while to close. */
  readonly onOver: (link: L) => void;
  /** The socket is closed. */
  readonly onGone: (link: L) => void;
}

/** What one link is made of. */
export interface LinkParts {
  readonly transport: Transport;
  readonly ways: BindingWays;
  readonly codec: LightCodec;
  readonly owner: LightOwner;
  readonly channels: OwnChannels;
  /** The token's. */
  readonly authTime: number;
}
