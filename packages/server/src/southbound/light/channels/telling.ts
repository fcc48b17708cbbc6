import { encodeTokenRequest } from "@heliograph/protocol";
import type { Publish } from "@heliograph/protocol";
import { nameForDevice } from "../../../ports/index.ts";
import type { ChannelRecord, Publication } from "../../../ports/index.ts";

/** Bytes of a message, and whether it is a text. */
export interface Written {
  readonly bytes: Uint8Array;
  readonly isText: boolean;
}

/** What members of a channel are told, written once for each subprotocol however many they are. */
export class Telling {
  readonly said: Publish;
  #token: Written | undefined;
  readonly #written = new Map<string, Uint8Array>();

  private constructor(said: Publish) {
    this.said = said;
  }

  static of({ channel, epoch, offset, answer, data }: Publication): Telling {
    return new Telling({
      Channel: nameForDevice(channel),
      Epoch: epoch,
      Offset: offset,
      ...(answer ? { Answer: true } : {}),
      Data: data,
    });
  }

  /** All that the channel says by now: what was published last, or nothing. */
  static stateOf({ name, epoch, head }: ChannelRecord, newest: Publication | undefined): Telling {
    const said = newest === undefined ? { Epoch: epoch, Offset: head, Data: {} } : Telling.of(newest).said;
    return new Telling({ ...said, Channel: nameForDevice(name), State: true });
  }

  /** As `cwmp.json` has it. */
  get token(): Written {
    return (this.#token ??= {
      bytes: Buffer.from(encodeTokenRequest({ method: "Publish", params: this.said })),
      isText: true,
    });
  }

  /** What a subprotocol writes the same for all who are told. */
  shared(form: string, write: (said: Publish) => Uint8Array): Uint8Array {
    const known = this.#written.get(form) ?? write(this.said);
    this.#written.set(form, known);
    return known;
  }
}
