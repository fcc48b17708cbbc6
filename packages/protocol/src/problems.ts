/** What the other side may do about a problem. */
export type RetryRule = "never" | "after-mending" | "later";

export interface ProblemRow {
  /** CWMP fault code when the ACS refuses a device's request. */
  readonly acsFault: number;
  /** CWMP fault code when a device refuses the ACS's request. */
  readonly deviceFault: number;
  /** JSON-RPC 2.0 error code; CWMP codes stand as they are. */
  readonly jsonRpcError: number;
  /** WebSocket close code where the connection cannot go on, else undefined. */
  readonly closeCode: number | undefined;
  /** HTTP status where the refusal is the answer to a request. */
  readonly httpStatus: number;
  readonly retry: RetryRule;
}

/**
 * The register of everything a decoder refuses, and what each refusal becomes on every binding.
 * Closed: a new reason is a new row here, and nowhere else.
 */
export const problems = {
  "not-xml": row(8003, 9003, -32700, 1003, 400, "after-mending"),
  "not-json": row(8003, 9003, -32700, 1003, 400, "after-mending"),
  "not-soap": row(8003, 9003, -32600, 1003, 400, "after-mending"),
  "not-a-token": row(8003, 9003, -32600, undefined, 400, "after-mending"),
  "forbidden-markup": row(8003, 9003, -32700, 1003, 400, "never"),
  "over-limit": row(8004, 9004, 8004, 1009, 413, "after-mending"),
  "unknown-method": row(8000, 9000, -32601, undefined, 422, "never"),
  "bad-field": row(8003, 9003, -32602, undefined, 422, "after-mending"),
} as const satisfies Readonly<Record<string, ProblemRow>>;

export type ProblemReason = keyof typeof problems;

function row(
  acsFault: number,
  deviceFault: number,
  jsonRpcError: number,
  closeCode: number | undefined,
  httpStatus: number,
  retry: RetryRule,
): ProblemRow {
  return { acsFault, deviceFault, jsonRpcError, closeCode, httpStatus, retry };
}
