import { closeCodes } from "./close-codes.ts";

/** What the other side may do about a problem. */
export type RetryRule = "never" | "after-mending" | "later";

export interface ProblemRow {
  /** CWMP fault code when the ACS refuses a device's request. */
  readonly acsFault: number;
  /** CWMP fault code when a device refuses the ACS's request. */
  readonly deviceFault: number;
  /** JSON-RPC's own error code; where it has none, the fault code of the ACS. */
  readonly jsonRpcError: number;
  /** `message` of the ERROR frame, which is the last of its connection whatever the close code is [LIGHT 5]. */
  readonly stompError: string;
  /** WebSocket close code where the connection cannot go on, else undefined. */
  readonly closeCode: number | undefined;
  /** HTTP status where the refusal is the answer to a request. */
  readonly httpStatus: number;
  readonly retry: RetryRule;
}

/** The message itself cannot be read: the connection that carries it is of no more use. */
const badMessage = {
  acsFault: 8003,
  deviceFault: 9003,
  stompError: "the message cannot be read",
  closeCode: closeCodes.unreadable.code,
  httpStatus: 400,
  retry: "after-mending",
} as const;

/** The message was read, and asks for what cannot be done. */
const badRequest = {
  ...badMessage,
  stompError: "the request cannot be served",
  closeCode: undefined,
  httpStatus: 422,
} as const;

/** A frame that STOMP does not allow, or not now: after its ERROR the connection ends [STOMP 1.2 ERROR]. */
const badFrame = { ...badMessage, jsonRpcError: -32600 } as const;

/**
 * The register of everything a decoder refuses, and what each refusal becomes on every binding.
 * Closed: a new reason is a new row here, and nowhere else.
 */
export const problems = {
  "not-xml": { ...badMessage, jsonRpcError: -32700 },
  "not-json": { ...badMessage, jsonRpcError: -32700 },
  "not-soap": { ...badMessage, jsonRpcError: -32600 },
  "not-a-token": { ...badMessage, jsonRpcError: -32600, closeCode: undefined },
  "forbidden-markup": { ...badMessage, jsonRpcError: -32700, retry: "never" },
  "over-limit": {
    ...badMessage,
    acsFault: 8004,
    deviceFault: 9004,
    jsonRpcError: 8004,
    stompError: "a limit is exceeded",
    closeCode: closeCodes.tooLarge.code,
    httpStatus: 413,
  },
  "unknown-method": {
    ...badRequest,
    acsFault: 8000,
    deviceFault: 9000,
    jsonRpcError: -32601,
    retry: "never",
  },
  "bad-field": { ...badRequest, jsonRpcError: -32602 },
  "not-a-frame": { ...badFrame, stompError: "malformed frame" },
  "unknown-command": { ...badFrame, stompError: "unknown command", retry: "never" },
  "bad-header": { ...badFrame, stompError: "missing or malformed header" },
  "no-common-version": { ...badFrame, stompError: "no common version of the protocol", retry: "never" },
  "out-of-turn": { ...badFrame, stompError: "not the time for this frame" },
  "id-in-use": { ...badFrame, stompError: "the id is in use" },
  "unknown-id": { ...badFrame, stompError: "unknown id" },
  /** Of a writer: what it was given has no form on this binding. Nothing was sent. */
  unwritable: { ...badRequest, jsonRpcError: -32603, acsFault: 8002, deviceFault: 9002, retry: "never" },
} as const satisfies Readonly<Record<string, ProblemRow>>;

export type ProblemReason = keyof typeof problems;
