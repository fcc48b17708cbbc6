import { defaultStompLimits, StompReader } from "@heliograph/protocol";
import type { StompFrame, StompVersion } from "@heliograph/protocol";

/** What a piece of a STOMP stream came to, for a trace. */
export type TappedFrame =
  { readonly type: "frame"; readonly frame: StompFrame } | { readonly type: "note"; readonly note: string };

export interface FrameTapOptions {
  readonly version: StompVersion;
  readonly maxBodyBytes: number;
  /** Whether the session was open before anybody looked. */
  readonly isOpen: boolean;
}

/**
 * Makes frames of the pieces of one direction of a connection: a secret that is cut in two would be seen in neither half.
 * What cannot be read as frames is not shown.
 */
export class FrameTap {
  readonly #reader: StompReader;
  readonly #version: StompVersion;
  #isBroken = false;

  constructor({ version, maxBodyBytes, isOpen }: FrameTapOptions) {
    this.#version = version;
    const maxFrameBytes = Math.max(defaultStompLimits.maxFrameBytes, 2 * maxBodyBytes);
    this.#reader = new StompReader({ ...defaultStompLimits, maxBodyBytes, maxFrameBytes });
    if (isOpen) this.#reader.speak(version);
  }

  *read(piece: Uint8Array): Generator<TappedFrame, void, undefined> {
    if (this.#isBroken) {
      yield { type: "note", note: `${piece.length} bytes that cannot be read as STOMP, and are not shown` };
      return;
    }
    for (const item of this.#reader.read(piece)) {
      if (!item.ok) {
        this.#isBroken = true;
        // Its detail may have the words of the device.
        const { at, reason } = item.problem;
        const note = `what is here cannot be read as STOMP, and is not shown: ${reason} at ${at}`;
        yield { type: "note", note };
      } else if (item.value.kind === "frame") {
        this.#reader.speak(this.#version);
        yield { type: "frame", frame: item.value.frame };
      }
    }
  }
}
