import type { JsonObject, LiveMessage } from "@heliograph/api";
import type { Client, WatchLiveOptions } from "@heliograph/api/client";
import { within } from "../deadline.ts";

type Way = Extract<LiveMessage, { readonly type: "way" }>;

/** Somebody who watches a device, and what they were told. */
export class LiveWatch implements AsyncDisposable {
  readonly #stream: AsyncGenerator<LiveMessage, void, undefined>;
  readonly #stop = new AbortController();

  constructor(client: Client, [device, ...paths]: readonly string[], options: WatchLiveOptions = {}) {
    this.#stream = client.live(device ?? "", paths, { ...options, signal: this.#stop.signal });
  }

  /** Resolves with the next values that are as wanted; what comes before them is passed over. */
  async values(isWanted: (values: JsonObject) => boolean = () => true): Promise<JsonObject> {
    const found = await this.#next((said) => said.type === "values" && isWanted(said.values));
    return found.type === "values" ? found.values : {};
  }

  /** Resolves with the next way that is as wanted. */
  async way(way: Way["way"]): Promise<LiveMessage> {
    return this.#next((said) => said.type === "way" && said.way === way);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("nobody watches any more"));
    await this.#stream.return();
  }

  async #next(isWanted: (said: LiveMessage) => boolean): Promise<LiveMessage> {
    const seen: LiveMessage[] = [];
    const find = async (): Promise<LiveMessage> => {
      for (;;) {
        const next = await this.#stream.next();
        if (next.done === true) throw new Error("the stream has ended");
        seen.push(next.value);
        if (isWanted(next.value)) return next.value;
      }
    };
    return within(find(), () => `something live, after ${JSON.stringify(seen)}`);
  }
}
