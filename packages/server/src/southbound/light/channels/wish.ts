import type { Position } from "../../../ports/index.ts";

/** What a device says of the channels that it wants to be told of, and up to where it has them. */
export type SaidPositions = Readonly<Record<string, { readonly Epoch: string; readonly Offset: number }>>;

/** What a device that subscribes to its channels one by one says of them, by its names. */
export type ChannelWish =
  | {
      readonly type: "subscribe";
      readonly channel: string;
      /** `kept`: up to where it has acknowledged it, as the ACS knows. */
      readonly position: Position | "kept" | undefined;
    }
  | { readonly type: "unsubscribe"; readonly channel: string }
  /** It has taken everything up to there. */
  | { readonly type: "acknowledge"; readonly channel: string; readonly position: Position };
