export interface ProblemRow {
  readonly status: number;
  readonly title: string;
}

/** The register of everything the API refuses. Closed: a new refusal is a new row here, and nowhere else. */
export const problemRegister = {
  "invalid-request": row(400, "The request is not as the API describes it"),
  "not-json": row(400, "The body is not JSON"),
  unauthenticated: row(401, "No valid token"),
  "not-allowed": row(403, "This is not among what you may"),
  "foreign-origin": row(403, "Cookies from another site are not accepted"),
  "unknown-path": row(404, "There is nothing at this path"),
  "unknown-device": row(404, "No such device"),
  "unknown-operation": row(404, "No such operation"),
  "unknown-token": row(404, "No such token"),
  "unknown-grant": row(404, "No such grant"),
  "unknown-user": row(404, "No such user"),
  "unknown-role": row(404, "No such role"),
  "unknown-file": row(404, "No such file"),
  "unknown-group": row(404, "No such group"),
  "unknown-campaign": row(404, "No such campaign"),
  "unknown-policy": row(404, "No such policy"),
  "not-configured": row(404, "The device has no configuration of its own"),
  "unknown-policy-version": row(404, "No such version of the policy"),
  "unknown-channel": row(404, "No such channel"),
  "unknown-backup": row(404, "No such backup"),
  "unknown-backup-plan": row(404, "No such backup plan"),
  "unknown-quirk": row(404, "No such quirk"),
  "not-leased": row(404, "Nobody holds the device"),
  "unknown-webhook": row(404, "No such webhook"),
  "no-dead-letter": row(404, "No such dead letter"),
  "not-traced": row(404, "The device is not traced"),
  "method-not-allowed": row(405, "The path does not take this method"),
  "request-timeout": row(408, "The request took too long to arrive"),
  "not-approved": row(409, "The device is not approved"),
  "claim-dropped": row(409, "The claim was dropped or decided on meanwhile"),
  "claim-approved": row(409, "The claim is approved"),
  "too-many-campaigns": row(409, "There are as many open campaigns as there may be"),
  "campaign-elsewhere": row(409, "The campaign is not where it could do so"),
  "too-many-channels": row(409, "There are as many channels as there may be"),
  "not-a-publisher": row(409, "Managers do not publish on this channel"),
  "too-many-webhooks": row(409, "There are as many webhooks as there may be"),
  "too-many-groups": row(409, "There are as many groups as there may be"),
  "policy-name-taken": row(409, "A group, a channel or a policy has the name"),
  "too-many-policies": row(409, "There are as many policies as there may be"),
  "not-rolling-out": row(409, "The rollout is not in a state for this"),
  "held-by-policy": row(409, "A policy holds it"),
  "too-many-tags": row(409, "The device has as many tags as it may have"),
  leased: row(409, "Somebody else holds the device"),
  "command-key-open": row(409, "The CommandKey is in use on this device"),
  "operation-running": row(409, "The operation is with the device"),
  "grant-changed": row(409, "The grant was changed or revoked meanwhile"),
  "user-exists": row(409, "There is a user of this name"),
  "untraceable-here": row(409, "Devices come to other processes, and are not seen here"),
  "too-many-traces": row(409, "Too many devices are traced"),
  "operation-ended": row(409, "The operation has ended"),
  "too-large": row(413, "The body is too large"),
  "unsupported-media-type": row(415, "The body is not application/json"),
  "unknown-host": row(421, "The request was for another host"),
  "unknown-quirk-value": row(422, "The quirk has no such value"),
  "file-refused": row(422, "The file is not taken as it is"),
  "invalid-expression": row(422, "The expression cannot be read, or may not be asked here"),
  "invalid-policy": row(422, "This cannot be a policy"),
  "invalid-rpc": row(422, "The RPC is not one that can be sent"),
  "idempotency-mismatch": row(422, "The Idempotency-Key was used for another request"),
  "left-alone": row(409, "The device is left alone for now"),
  "queue-full": row(429, "Too many operations wait for this device"),
  "too-many-attempts": row(429, "Too many wrong tokens from this address"),
  "headers-too-large": row(431, "The headers are too large"),
  internal: row(500, "The ACS failed"),
  "no-engine": row(503, "No engine serves operations now"),
  "store-busy": row(503, "The store is busy"),
  overloaded: row(503, "Too many requests are open"),
  "too-many-streams": row(503, "Too many event streams are open"),
  "not-ready": row(503, "The ACS is not ready"),
  closing: row(503, "The ACS is shutting down"),
  "store-full": row(507, "The store is full"),
  "files-full": row(507, "There is no room for more files"),
} as const satisfies Readonly<Record<string, ProblemRow>>;

export type ProblemReason = keyof typeof problemRegister;

/** What every `type` of ours begins with. */
export const PROBLEM_URI_PREFIX = "urn:heliograph:problem:";

/** The `type` of a problem document. */
export function problemUri(reason: ProblemReason): string {
  return PROBLEM_URI_PREFIX + reason;
}

/** The reason behind a `type`; undefined where it is not of this register. */
export function problemReason(uri: string): ProblemReason | undefined {
  const name = uri.startsWith(PROBLEM_URI_PREFIX) ? uri.slice(PROBLEM_URI_PREFIX.length) : "";
  return isProblemReason(name) ? name : undefined;
}

function isProblemReason(name: string): name is ProblemReason {
  return Object.hasOwn(problemRegister, name);
}

function row(status: number, title: string): ProblemRow {
  return { status, title };
}
