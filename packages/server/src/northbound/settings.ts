import { defaultPace, type BodyPace } from "../http/paced-body.ts";
import type {
  Bus,
  Clock,
  FileComparer,
  FileStore,
  GrantTokens,
  Log,
  Metrics,
  QuirkBook,
  Random,
  Spans,
  Store,
  Traces,
  WebhookSecrets,
} from "../ports/index.ts";

/** What the northbound stands on. */
export interface NorthboundPorts {
  readonly bus: Bus;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly quirks: QuirkBook;
}

/** What the REST API stands on besides. */
export interface RestPorts extends NorthboundPorts {
  readonly files: FileStore;
  readonly grantTokens: GrantTokens;
  readonly comparer: FileComparer;
  readonly traces: Traces;
  /** Whether devices come to other processes alone, so that what they say is not seen here. */
  readonly seesNoDevices?: boolean;
  readonly metrics: Metrics;
  /** Left out where none are taken. */
  readonly spans?: Spans;
  /** Whether devices that come anew are sent away; left out where none come to this process. */
  readonly sendsAway?: () => boolean;
  readonly webhookSecrets: WebhookSecrets;
}

export interface NorthboundSettings {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** A token with every right, which the store does not hold. */
  readonly adminToken?: string;
  /** Names a request may come under, besides loopback ones. */
  readonly hostNames: readonly string[];
  /** The peer is a proxy of ours: what it says of a request's origin is believed. */
  readonly behindProxy: boolean;
  /** What the OpenAPI document says. */
  readonly version: string;
  readonly limits?: Partial<NorthboundLimits>;
}

export interface NorthboundLimits {
  readonly maxConnections: number;
  /** Requests that may be open at once, waiting ones and streams among them. */
  readonly maxInFlight: number;
  readonly maxStreams: number;
  readonly maxBodyBytes: number;
  /** Nested JSON levels of a body. */
  readonly maxBodyDepth: number;
  /** For the head of a request to arrive, and for its body, unless that is a file. */
  readonly requestTimeoutMs: number;
  /** For a file. */
  readonly pace: BodyPace;
  /** Between two signs of life on a quiet stream. */
  readonly keepAliveMs: number;
  /** For a stream's reader to take what it was sent. */
  readonly slowReaderMs: number;
}

export const defaultNorthboundLimits: NorthboundLimits = {
  maxConnections: 4_000,
  maxInFlight: 2_000,
  maxStreams: 200,
  maxBodyBytes: 1024 * 1024,
  maxBodyDepth: 64,
  requestTimeoutMs: 30_000,
  pace: defaultPace,
  keepAliveMs: 15_000,
  slowReaderMs: 30_000,
};
