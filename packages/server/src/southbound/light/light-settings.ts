import type { IncomingMessage } from "node:http";
import { usualPace } from "../returns.ts";

export interface LightSettings {
  /** A proxy in front ends TLS and says where a request came from. */
  readonly behindProxy: boolean;
  /** The URL that a device may be referred to which came by this request, as over HTTP. Left out: none may be. */
  readonly lightUrl?: (request: IncomingMessage) => string | undefined;
  readonly bounds?: Partial<LightBounds>;
}

/** How much, and for how long, the gateway bears. */
export interface LightBounds {
  /** The longest between two signs of life that the ACS sends; two such periods without one of the device end its connection. */
  readonly pingIntervalMs: number;
  /** How long the ACS waits for a device's first message before it calls [LIGHT 3]. */
  readonly firstMessageMs: number;
  /** How long a device may take to open the session of a subprotocol that has one. */
  readonly connectMs: number;
  /** How long a device may take to answer a ping that is to find out whether it is there. */
  readonly probeTimeoutMs: number;
  /** How long a device may take to answer a call. */
  readonly callTimeoutMs: number;
  /** How long a connection is kept that no engine owns. */
  readonly engineGraceMs: number;
  /** How long running calls may take to end once the gateway closes, and after that devices to read that they are sent away. */
  readonly closeTimeoutMs: number;
  /** How long a device may then take to answer that: those that stay connected keep the next ACS from starting. */
  readonly partingMs: number;
  /** So many come back in a second of all that are sent away as the gateway closes. */
  readonly returnsPerSecond: number;
  /** So many are sent away at once as the gateway closes: the end of each is stored, and the store takes only so much. */
  readonly departuresAtOnce: number;
  /** However few they are, they come back after a random part of this: the next ACS takes a while to start. */
  readonly leastDrainSeconds: number;
  readonly maxConnections: number;
  /** Connections whose devices have not said yet who they are. */
  readonly maxWaiting: number;
  /** Of one message, in bytes. */
  readonly maxMessageBytes: number;
  /** Calls of one device that are served at once. */
  readonly maxInFlight: number;
  /** Messages of one device; a long one counts as several. */
  readonly messagesPerSecond: number;
  readonly messageBurst: number;
  /** How long a device may go on at a higher rate, though it is refused. */
  readonly abuseMs: number;
  /** What may wait to be sent to one device for {@link slowMs}; four times as much may not wait at all. */
  readonly maxBufferedBytes: number;
  readonly slowMs: number;
  /** Where so much waits to be sent to a device, it is told later what is published. */
  readonly maxPublishedBytes: number;
  /** What may wait to be sent to all devices together. */
  readonly maxAllBufferedBytes: number;
  /** Messages that have not come to their end, of all devices together. */
  readonly maxAllUnfinishedBytes: number;
}

/** So many times {@link LightBounds.maxBufferedBytes} may never wait to be sent. */
export const HARD_BOUND = 4;

const MIB = 1024 * 1024;

export const defaultBounds: LightBounds = {
  pingIntervalMs: 30_000,
  firstMessageMs: 5_000,
  connectMs: 10_000,
  probeTimeoutMs: 5_000,
  callTimeoutMs: 60_000,
  engineGraceMs: 60_000,
  closeTimeoutMs: 5_000,
  partingMs: 1_000,
  returnsPerSecond: usualPace.perSecond,
  departuresAtOnce: 500,
  leastDrainSeconds: usualPace.leastSeconds,
  maxConnections: 50_000,
  maxWaiting: 256,
  maxMessageBytes: MIB,
  maxInFlight: 16,
  messagesPerSecond: 100,
  messageBurst: 400,
  abuseMs: 10_000,
  maxBufferedBytes: 2 * MIB,
  slowMs: 30_000,
  maxPublishedBytes: MIB / 4,
  maxAllBufferedBytes: 256 * MIB,
  maxAllUnfinishedBytes: 256 * MIB,
};
