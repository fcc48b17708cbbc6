import type { DeviceKey } from "@heliograph/protocol";

/** Over what a message went: HTTP, a subprotocol of the light transport, or a connection request. */
export type TraceBinding =
  | "http"
  | "cwmp.json"
  | "cwmp.soap"
  | "v12.stomp"
  | "v11.stomp"
  | "v10.stomp"
  | "connection-request"
  | "udp-connection-request";

/** `received` and `sent` as the ACS sees it; `noted`: what it says of itself, such as why a connection ended. */
export type TraceDirection = "received" | "sent" | "noted";

/** Where a message went, and what is said of it. */
export interface TraceFacts {
  readonly at: number;
  readonly direction: TraceDirection;
  /** Left out of what is said of the trace itself. */
  readonly binding?: TraceBinding;
  /** The TCP connection, or the light one by its id; left out where there is none. */
  readonly connection?: string;
  /** Names a session of CWMP, and opens nothing. */
  readonly session?: string;
  readonly note?: string;
}

/** A message as it is kept: no secret is left in it. */
export interface TracedMessage extends TraceFacts {
  /** Rises by one from message to message of its device. */
  readonly id: number;
  /** The request line, status line or command, and the headers, a line each. */
  readonly head?: string;
  /** The body; left out where there is none. */
  readonly text?: string;
  /** How long the body was before anything was cut or taken out of it. */
  readonly bytes: number;
  /** Whether the end is missing. */
  readonly cut?: true;
}

export type NewTracedMessage = Omit<TracedMessage, "id">;

/** Whether a device is traced, or was. */
export interface TraceState {
  readonly device: DeviceKey;
  readonly since: number;
  /** When it ends, or has ended. */
  readonly until: number;
  /** The manager who switched it on last. */
  readonly by: string;
  /** The oldest message kept, and the newest there was; the first is above the second where none is kept. */
  readonly firstId: number;
  readonly lastId: number;
  readonly bytes: number;
}

export type NewTrace = Pick<TraceState, "device" | "since" | "until" | "by">;

export interface TraceQuery {
  /** Messages after this one. */
  readonly after: number;
  readonly limit: number;
  /** Messages from this time on. */
  readonly from?: number;
  /** Messages before this time. */
  readonly to?: number;
}

/**
 * Where traces are kept: beside the truth, not in it. What was appended survives the process, and may be lost with the
 * machine. The oldest messages of a trace make room for new ones, and go when they are too old; a trace that has ended and
 * has no messages left is forgotten.
 */
export interface TraceKeep {
  /** Undefined where the device was never traced, or that is forgotten. */
  state(device: DeviceKey): TraceState | undefined;
  states(): readonly TraceState[];
  /**
   * Begins a trace, or changes one that there is, whose messages stay; resolves once that is on disk. Where there are as many
   * as may be, the one that ended first makes room; where none has ended by `since`, nothing is begun: undefined.
   */
  put(trace: NewTrace): Promise<TraceState | undefined>;
  /** In this order. Nothing happens where there is no trace. Rejects where the disk does not take them; they have no id then. */
  append(device: DeviceKey, messages: readonly NewTracedMessage[]): Promise<void>;
  /** In the order of their ids; fewer than `limit` only where no more follow. None where there is no trace. */
  read(device: DeviceKey, query: TraceQuery): Promise<readonly TracedMessage[]>;
  /** Deletes what is older than it may be by `now`. */
  prune(now: number): Promise<void>;
  /** The trace of the device, and all that is kept of it; nothing of it comes back. */
  forget(device: DeviceKey): Promise<void>;
}

/** The traces as managers have them. */
export interface Traces {
  state(device: DeviceKey): TraceState | undefined;
  /** Switches a trace on, or gives one that is on another end; undefined where too many are on. */
  switchOn(
    device: DeviceKey,
    order: { readonly by: string; readonly forMs: number },
  ): Promise<TraceState | undefined>;
  /** What is kept stays; undefined where there is no trace. */
  switchOff(device: DeviceKey): Promise<TraceState | undefined>;
  read(device: DeviceKey, query: TraceQuery): Promise<readonly TracedMessage[]>;
  /** Resolves once what was seen of the device until now is kept, or cannot be. */
  settled(device: DeviceKey): Promise<void>;
  /** Calls `listener` after messages of the device were kept, or its trace was switched; a hint, not a delivery. */
  onChange(device: DeviceKey, listener: () => void): { unsubscribe(): void };
}

/** What the southbound sees go by, with every secret still in it. */
export interface SeenMessage extends TraceFacts {
  readonly head?: SeenHead;
  readonly body?: SeenBody;
}

export interface SeenHead {
  /** The request line, status line or command. */
  readonly line: string;
  readonly headers: Iterable<readonly [name: string, value: string]>;
}

export interface SeenBody {
  readonly text: string;
  readonly bytes: number;
  /** Whether values without their names are known to be no secrets: they were asked for by names of none. */
  readonly namesKnown?: true;
}

/** Where the southbound tells what it sees of one device. */
export interface TraceWriter {
  /** Takes a message and returns at once, or passes over it where too many wait; how many, the trace says. */
  add(seen: SeenMessage): void;
}

/** Who is traced, for the southbound. */
export interface TraceDesk {
  /** False while nobody is traced: there is nothing else to ask then. */
  readonly isOpen: boolean;
  /** Undefined where the device is not traced. A writer that is kept longer than its trace is on writes nothing. */
  of(device: DeviceKey): TraceWriter | undefined;
  /** Calls `listener` when a device's trace was switched on or off. */
  onSwitched(listener: (device: DeviceKey) => void): { unsubscribe(): void };
}
