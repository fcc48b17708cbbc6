import type { Problem } from "../decoded.ts";
import type { AcsAnswer, AcsRequest, DeviceAnswer, DeviceRequest, Fault } from "../rpc/table.ts";

/** Which side reads or writes: it decides which methods are requests to it and which are its own, answered. */
export type Role = "acs" | "device";

/** One SOAP message as values. */
export interface SoapEnvelope<R extends Role = Role> {
  /** The CWMP namespace that was used; an answer uses the same. */
  readonly namespace: string;
  /** Opaque, perhaps empty or repeated; absent where the message has none. */
  readonly id?: string;
  readonly header: SoapHeader;
  readonly body: SoapBody<R>;
  /** How the other side writes; a message back in the same manner is surely understood. */
  readonly style: SoapStyle;
}

/** CWMP's own header elements [CWMP 1.4 3.4.5], and those of the light transport [LIGHT 1]. */
export interface SoapHeader {
  readonly holdRequests?: boolean;
  /** Seconds. */
  readonly sessionTimeout?: number;
  readonly supportedCwmpVersions?: readonly string[];
  readonly useCwmpVersion?: string;
  /** The WebSocket subprotocols that a device offers. */
  readonly webSocketSupport?: readonly string[];
  /** Where the ACS sends a device that offered them. */
  readonly webSocketReference?: WebSocketReference;
}

export interface WebSocketReference {
  readonly url: string;
  readonly subprotocol: string;
  readonly token: string;
  /** Seconds. */
  readonly expiresIn: number;
}

export type SoapBody<R extends Role = Role> =
  | ({ readonly kind: "request" } & RequestTo<R>)
  | ({ readonly kind: "answer" } & AnswerTo<R>)
  | { readonly kind: "fault"; readonly fault: Fault }
  /** A method that is not in the tables: a request is answered with fault 8000 or 9000, an answer with nothing. */
  | { readonly kind: "unknown-method"; readonly part: MessagePart; readonly method: string }
  /** A method whose content cannot be understood. */
  | {
      readonly kind: "malformed";
      readonly part: MessagePart;
      readonly method: string;
      readonly problem: Problem;
    };

export type MessagePart = "request" | "answer";

export type RequestTo<R extends Role> = { acs: AcsRequest; device: DeviceRequest }[R];
export type AnswerTo<R extends Role> = { acs: DeviceAnswer; device: AcsAnswer }[R];

/** The habits in which SOAP stacks differ, and which some of them cannot do without. */
export interface SoapStyle {
  /** Whether the XML declaration stands first. Some devices need it, others cannot read a message that has it. */
  readonly declaration?: boolean;
  /** Of parameter values: `digits` are `0` and `1`, `words` are `false` and `true`; digits unless said otherwise. */
  readonly booleans?: BooleanStyle;
}

export type BooleanStyle = "digits" | "words";
