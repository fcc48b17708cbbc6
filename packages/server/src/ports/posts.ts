/** A text that goes over the bus: as it is, or where it is long pressed and in pieces, which go one by one. */
export type SentText = { readonly text: string } | { readonly parcel: string; readonly pieces: number };

/**
 * What a gateway is asked by another one, to which a device sent a request of a session that is not its own. Of who the device
 * is the session knows; what is told besides is what the first gateway saw.
 */
export type PostAsk =
  | {
      readonly type: "post";
      /** Names this request. */
      readonly post: string;
      /** Of the session. */
      readonly cookie: string;
      /** Whether it has an Authorization header. */
      readonly authorized: boolean;
      /** Where it came from, for the trace of the device. */
      readonly from: string;
      readonly body: SentText;
    }
  /** What it was answered could not be handed to the device. */
  | { readonly type: "unsent"; readonly post: string; readonly cookie: string }
  /** A piece of a body that is about to come. */
  | { readonly type: "keep"; readonly parcel: string; readonly index: number; readonly piece: string }
  /** A piece of an answer's body. */
  | { readonly type: "fetch"; readonly parcel: string; readonly index: number };

/** A right answer to a nonce that another gateway made; who asks has it spent. */
export interface NonceAnswer {
  readonly nonce: string;
  readonly response: string;
}

export interface NonceReply {
  readonly type: "good" | "stale";
}

export type PostReply =
  | {
      readonly type: "answer";
      readonly status: number;
      readonly headers: Readonly<Record<string, string | string[]>>;
      readonly body: SentText;
      readonly isCall?: true;
    }
  | { readonly type: "piece"; readonly piece: string }
  | { readonly type: "noted" }
  /** There is no such session, or parcel, or no room for it. */
  | { readonly type: "unknown" };
