import type { JsonObject } from "@heliograph/protocol";

/** What another system asks of a device over the bus. Nothing in it is believed but what its token is good for. */
export interface OutsideAsk {
  /** Of the API, or of a grant. */
  readonly token: string;
  /** The body of `POST /api/v1/devices/{key}/operations`. */
  readonly operation: JsonObject;
  /** Asked again with the same key, it is the same operation. */
  readonly idempotencyKey?: string;
}

/** What REST would answer: an operation, or a problem document. */
export interface OutsideReply {
  /** Of HTTP: 200 once the operation has ended, 202 while it goes on. */
  readonly status: number;
  readonly body: JsonObject;
}
