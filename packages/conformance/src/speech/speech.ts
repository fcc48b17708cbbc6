import type { Fields, Json } from "../json.ts";

export type Id = string | number | null;

export const subprotocols = ["cwmp.json", "cwmp.soap", "v12.stomp"] as const;
export type Subprotocol = (typeof subprotocols)[number];

/** What the other side said, as far as the kit has to tell things apart. `text` is how it was written. */
export type Heard = Call | Answer | Fault | HeardFrame | Life | Odd;

export interface Call {
  readonly is: "call";
  /** Undefined where it has none: it is unconfirmed. */
  readonly id: Id | undefined;
  readonly method: string;
  /** JSON params, or the inside of the method's element. */
  readonly params: Json | undefined;
  readonly text: string;
}

export interface Answer {
  readonly is: "answer";
  readonly id: Id | undefined;
  /** The JSON result, or the Body of the envelope. */
  readonly result: Json | undefined;
  readonly text: string;
}

export interface Fault {
  readonly is: "fault";
  readonly id: Id | undefined;
  readonly code: number;
  readonly result: Json | undefined;
  readonly text: string;
}

/** A STOMP frame that is neither a call nor an answer. */
export interface HeardFrame {
  readonly is: "frame";
  readonly command: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

/** A sign of life and nothing else. */
export interface Life {
  readonly is: "life";
  readonly text: string;
}

/** What no reader of the subprotocol can understand. */
export interface Odd {
  readonly is: "odd";
  readonly text: string;
}

/** Of one parameter: its path, and how it was written. */
export interface Told {
  readonly path: string;
  readonly value: Json;
}

/** How one subprotocol is spoken on one connection, by one of the two sides. */
export interface Speech {
  readonly subprotocol: Subprotocol;
  /** What a message holds; none where it is a part of something. */
  hear(message: string | Buffer): readonly Heard[];
  /** Writes a request; without an id it is unconfirmed. */
  request(request: {
    readonly id?: string | number;
    readonly method: string;
    readonly params?: Fields;
  }): string;
  /** Writes the answer to a call. */
  answer(call: Call, outcome: { readonly result: Fields } | { readonly fault: number }): string;
}
