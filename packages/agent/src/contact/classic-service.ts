import type { AcsParams, AcsRequest, SoapHeader } from "@heliograph/protocol";
import type { Credentials } from "../credentials.ts";
import type { Dispatch } from "../dispatch.ts";

/** How messages may be compressed, as HTTPCompression has it; of TR-181's, Compress is left out [TR-181]. */
export const compressions = ["GZIP", "Deflate"] as const;
export type Compression = (typeof compressions)[number];

/** Holds classic sessions with the ACS. */
export interface ClassicService {
  /** One session, to its end. Rejects only with what is a bug. */
  hold(session: ClassicTask): Promise<SessionEnd>;
  /** Breaks off the session that is held, if any: it ends soon, and not well. */
  breakOff(): void;
}

/** What one session is about. */
export interface ClassicTask {
  readonly acsUrl: string;
  readonly credentials: Credentials | undefined;
  /** What the device's messages are compressed by; undefined where they are not. */
  readonly compression: Compression | undefined;
  readonly inform: AcsParams<"Inform">;
  /** What the Inform's SOAP header says. */
  readonly header: SoapHeader;
  /** The device's own next request, asked again after each answer; undefined where there is none. */
  readonly nextRequest: () => AcsRequest | undefined;
  readonly dispatch: Dispatch;
  /** The Inform was answered: its events are delivered. */
  readonly onInformed: (header: SoapHeader) => void;
  /** The request that `nextRequest` gave was answered. */
  readonly onAnswered: (request: AcsRequest) => void;
}

export type SessionEnd =
  | { readonly isWell: true }
  | {
      readonly isWell: false;
      readonly reason: string;
      /** The ACS cannot read what is compressed as it was [CWMP 1.4 3.4.7]. */
      readonly isCompressionRefused: boolean;
    };
